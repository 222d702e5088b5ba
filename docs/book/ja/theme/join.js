// 原稿の改行は、日本語の文の途中では空白にならない（ブラウザーは空白を入れる）。
// A line break in the source is no space within a Japanese sentence, though browsers show one.
(function () {
  var wide = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]";
  var within = new RegExp("(" + wide + ")\n(?=" + wide + ")", "g");
  var last = new RegExp(wide + "$");
  var first = new RegExp("^\n(?=" + wide + ")");
  var walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  var before = "";
  for (var node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("pre")) continue;
    var text = node.data.replace(within, "$1");
    if (last.test(before)) text = text.replace(first, "");
    if (text !== node.data) node.data = text;
    before = text;
  }
})();
