"use strict";
// Conveniences only: the report says everything without them.
(function () {
  var search = document.getElementById("search");
  if (search) {
    search.closest("p").hidden = false;
    search.addEventListener("input", function () {
      var word = search.value.trim().toLowerCase();
      document.querySelectorAll("article.finding").forEach(function (finding) {
        finding.hidden = word !== "" && finding.textContent.toLowerCase().indexOf(word) < 0;
      });
    });
  }
  var steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.querySelectorAll("table.matrix").forEach(function (table) {
    table.addEventListener("keydown", function (event) {
      var step = steps[event.key], cell = event.target.closest("td");
      if (!step || !cell) { return; }
      var row = cell.parentElement.rowIndex, column = cell.cellIndex;
      for (;;) {
        row += step[0]; column += step[1];
        var next = table.rows[row] && table.rows[row].cells[column];
        if (!next) { return; }
        var link = next.querySelector("a");
        if (link) { link.focus(); event.preventDefault(); return; }
      }
    });
  });
  // A target inside a folded part is of no use to anybody.
  function unfold() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") { part.open = true; }
    }
    if (target) { target.scrollIntoView(); target.focus({ preventScroll: true }); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
})();
