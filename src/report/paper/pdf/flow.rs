//! Blocks laid out on pages: what is drawn where. Rows of tables break over pages, and the head is then drawn again.

use super::super::{Block, Chapter, Field, Paper, Table};
use super::face::Face;
use super::right;
use crate::report::{escape, view};
use crate::text;

/// A4 in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 48.0;
pub(super) const RIGHT: f32 = 48.0;
const TOP: f32 = 62.0;
const BOTTOM: f32 = 790.0;
/// Sizes of text.
const BODY: f32 = 9.5;
const CELL: f32 = 8.0;
const SMALL: f32 = 7.5;
/// Inside a cell, on each side.
const PAD: f32 = 3.5;
/// The height of a blank in which somebody writes.
const BLANK: f32 = 22.0;
/// The height of room for sentences.
const REMARKS: f32 = 110.0;

/// Something that is drawn.
pub(super) enum Op {
    Text { x: f32, y: f32, size: f32, gray: u8, text: String },
    Rule { from: (f32, f32), to: (f32, f32), gray: u8 },
    Ground { x: f32, y: f32, width: f32, height: f32 },
}

/// A bookmark with those below it.
pub(super) struct Mark {
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
    pub(super) below: Vec<Mark>,
}

/// Pages as they fill.
pub(super) struct Flow<'a> {
    face: &'a Face<'a>,
    pub(super) pages: Vec<Vec<Op>>,
    pub(super) marks: Vec<Mark>,
    y: f32,
}

/// A cell in lines.
struct Cells {
    lines: Vec<Vec<String>>,
    height: f32,
}

impl<'a> Flow<'a> {
    /// The pages of a paper: cover, contents, chapters.
    pub(super) fn of(paper: &Paper, face: &'a Face<'a>) -> Flow<'a> {
        let mut flow = Flow { face, pages: vec![Vec::new()], marks: Vec::new(), y: TOP };
        flow.cover(paper);
        flow.turn();
        // The page of the contents is filled when the pages of the chapters are known.
        let contents = flow.pages.len() - 1;
        let mut alone = true;
        for chapter in &paper.chapters {
            if chapter.fresh || alone {
                flow.turn();
            }
            alone = chapter.alone;
            flow.chapter(paper, chapter);
        }
        flow.contents(paper, contents);
        flow
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Goes to a new page unless so much room is left.
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.turn();
        }
    }

    fn put(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            page.push(op);
        }
    }

    fn say(&mut self, x: f32, y: f32, size: f32, gray: u8, text: String) {
        if !text.is_empty() {
            self.put(Op::Text { x, y, size, gray, text });
        }
    }

    /// A text over as many lines as it takes.
    fn paragraph(&mut self, x: f32, size: f32, text: &str) {
        let lines = self.face.wrap(text, size, right() - x);
        for line in lines {
            self.room(size * 1.6);
            let base = self.y + size * 1.15;
            self.say(x, base, size, 0, line);
            self.y += size * 1.6;
        }
    }

    fn cover(&mut self, paper: &Paper) {
        self.y = 170.0;
        for line in self.face.wrap(&paper.title, 20.0, right() - LEFT) {
            let x = (WIDTH - self.face.width(&line, 20.0)) / 2.0;
            let y = self.y;
            self.say(x, y, 20.0, 0, line);
            self.y += 32.0;
        }
        self.y += 60.0;
        self.fields(&paper.cover);
    }

    fn contents(&mut self, paper: &Paper, page: usize) {
        let title = text!("目次", "Contents").get(paper.lang).to_owned();
        let mut ops = vec![Op::Text { x: LEFT, y: TOP + 18.0, size: 14.0, gray: 0, text: title }];
        let mut y = TOP + 52.0;
        for mark in &self.marks {
            let number = (mark.page + 1).to_string();
            let end = right() - self.face.width(&number, 10.5);
            let text = self.face.wrap(&mark.title, 10.5, end - LEFT - 20.0);
            let text = text.into_iter().next().unwrap_or_default();
            let begin = LEFT + self.face.width(&text, 10.5) + 6.0;
            ops.push(Op::Text { x: LEFT, y, size: 10.5, gray: 0, text });
            ops.push(Op::Rule { from: (begin, y - 3.0), to: (end - 6.0, y - 3.0), gray: 200 });
            ops.push(Op::Text { x: end, y, size: 10.5, gray: 0, text: number });
            y += 24.0;
        }
        if let Some(there) = self.pages.get_mut(page) {
            *there = ops;
        }
    }

    fn chapter(&mut self, paper: &Paper, chapter: &Chapter) {
        if self.y > TOP {
            self.y += 16.0;
        }
        self.room(110.0);
        let (page, y) = (self.pages.len() - 1, self.y);
        let title = self.face.shown(&chapter.title);
        self.marks.push(Mark { title, page, y, below: Vec::new() });
        self.paragraph(LEFT, 13.0, &chapter.title);
        let y = self.y;
        self.put(Op::Rule { from: (LEFT, y), to: (right(), y), gray: 0 });
        self.y += 8.0;
        for block in &chapter.blocks {
            self.block(paper, block);
        }
    }

    fn block(&mut self, paper: &Paper, block: &Block) {
        match block {
            Block::Heading(text) => {
                self.y += 8.0;
                self.room(90.0);
                let (page, y) = (self.pages.len() - 1, self.y);
                let mark = Mark { title: self.face.shown(text), page, y, below: Vec::new() };
                if let Some(chapter) = self.marks.last_mut() {
                    chapter.below.push(mark);
                }
                self.paragraph(LEFT, 10.5, text);
                self.y += 3.0;
            }
            Block::Paragraph(text) => {
                self.paragraph(LEFT, BODY, text);
                self.y += 4.0;
            }
            Block::List(items) => {
                for item in items {
                    self.room(BODY * 1.6);
                    let base = self.y + BODY * 1.15;
                    let dot = self.face.shown("・");
                    self.say(LEFT + 2.0, base, BODY, 0, dot);
                    self.paragraph(LEFT + 14.0, BODY, item);
                }
                self.y += 4.0;
            }
            Block::Fields(list) => self.fields(list),
            Block::Table(table) => self.table(table),
            Block::Notice(label, text) => {
                let heads = vec![(label.clone(), 1)];
                self.table(&Table { heads, rows: vec![vec![text.clone()]] });
                self.y += 4.0;
            }
            Block::Remarks(label) => {
                self.room(REMARKS + 20.0);
                let heads = vec![(label.clone(), 1)];
                let widths = self.widths(&heads);
                self.head(&heads, &widths);
                let cells = Cells { lines: vec![Vec::new()], height: REMARKS };
                self.row(&cells, &widths, CELL, false);
                self.y += 8.0;
            }
            Block::Signatures(roles) => {
                self.room(100.0);
                let heads: Vec<(String, u16)> = roles.iter().map(|r| (r.clone(), 1)).collect();
                let widths = self.widths(&heads);
                self.head(&heads, &widths);
                for word in [text!("氏名", "name"), text!("日付", "date")] {
                    let cell = vec![word.get(paper.lang).to_owned()];
                    let lines = roles.iter().map(|_| cell.clone()).collect();
                    self.row(&Cells { lines, height: 40.0 }, &widths, CELL, false);
                }
            }
        }
    }

    /// Labels beside values; where there is no value, a blank in which somebody writes.
    fn fields(&mut self, list: &[Field]) {
        let whole = right() - LEFT;
        let widths = [whole * 0.24, whole * 0.76];
        for field in list {
            let value = field.value.join("\n");
            let lines = vec![field.label.clone(), value];
            let mut cells = self.cells(&lines, &widths, CELL);
            if field.value.is_empty() {
                cells.height = cells.height.max(BLANK);
            }
            self.rows(cells, &widths, CELL, true, &[]);
        }
        self.y += 8.0;
    }

    fn table(&mut self, table: &Table) {
        let size = if table.heads.len() > 6 { SMALL } else { CELL };
        let widths = self.widths(&table.heads);
        self.room(70.0);
        self.head(&table.heads, &widths);
        for row in &table.rows {
            let mut cells = self.cells(row, &widths, size);
            if row.iter().any(String::is_empty) {
                cells.height = cells.height.max(size * 1.5 + PAD * 2.0);
            }
            self.rows(cells, &widths, size, false, &table.heads);
        }
        self.y += 8.0;
    }

    /// How wide each column is.
    #[allow(clippy::unused_self, reason = "of the pages of this flow")]
    fn widths(&self, heads: &[(String, u16)]) -> Vec<f32> {
        let sum: f32 = heads.iter().map(|(_, share)| f32::from(*share)).sum();
        let whole = right() - LEFT;
        heads.iter().map(|(_, share)| whole * f32::from(*share) / sum.max(1.0)).collect()
    }

    fn cells(&self, row: &[String], widths: &[f32], size: f32) -> Cells {
        let wrap = |(cell, width): (&String, &f32)| self.face.wrap(cell, size, width - PAD * 2.0);
        let lines: Vec<Vec<String>> = row.iter().zip(widths).map(wrap).collect();
        let most = lines.iter().map(Vec::len).max().unwrap_or(0);
        Cells { lines, height: length(most) * size * 1.45 + PAD * 2.0 }
    }

    fn head(&mut self, heads: &[(String, u16)], widths: &[f32]) {
        let names: Vec<String> = heads.iter().map(|(head, _)| head.clone()).collect();
        let cells = self.cells(&names, widths, SMALL);
        let whole: f32 = widths.iter().sum();
        let (y, height) = (self.y, cells.height);
        self.put(Op::Ground { x: LEFT, y, width: whole, height });
        self.row(&cells, widths, SMALL, false);
    }

    /// A row, over as many pages as it takes.
    fn rows(
        &mut self,
        cells: Cells,
        widths: &[f32],
        size: f32,
        label: bool,
        heads: &[(String, u16)],
    ) {
        let mut left = cells;
        loop {
            let room = BOTTOM - self.y;
            if left.height <= room {
                self.row(&left, widths, size, label);
                return;
            }
            // How many lines fit here; a short row is not torn apart.
            let lines = fitting(room - PAD * 2.0, size * 1.45);
            let short = left.height < (BOTTOM - TOP) / 3.0;
            if (short || lines < 3) && self.y > TOP + 60.0 {
                self.again(heads, widths);
                continue;
            }
            let lines = lines.max(1);
            let rest = left.lines.iter_mut().map(|cell| cell.split_off(cell.len().min(lines)));
            let rest: Vec<Vec<String>> = rest.collect();
            left.height = room.max(PAD * 2.0);
            self.row(&left, widths, size, label);
            let most = rest.iter().map(Vec::len).max().unwrap_or(0);
            if most == 0 {
                return;
            }
            left = Cells { lines: rest, height: length(most) * size * 1.45 + PAD * 2.0 };
            self.again(heads, widths);
        }
    }

    fn again(&mut self, heads: &[(String, u16)], widths: &[f32]) {
        self.turn();
        if !heads.is_empty() {
            self.head(heads, widths);
        }
    }

    /// One row with its borders, here.
    fn row(&mut self, cells: &Cells, widths: &[f32], size: f32, label: bool) {
        let (top, bottom) = (self.y, self.y + cells.height);
        if label {
            let width = widths.first().copied().unwrap_or(0.0);
            self.put(Op::Ground { x: LEFT, y: top, width, height: cells.height });
        }
        let mut x = LEFT;
        let gray = 150;
        self.put(Op::Rule { from: (x, top), to: (x, bottom), gray });
        for (cell, width) in cells.lines.iter().zip(widths) {
            let mut y = top + PAD + size * 1.05;
            for line in cell {
                self.say(x + PAD, y, size, 0, line.clone());
                y += size * 1.45;
            }
            x += width;
            self.put(Op::Rule { from: (x, top), to: (x, bottom), gray });
        }
        self.put(Op::Rule { from: (LEFT, top), to: (x, top), gray });
        self.put(Op::Rule { from: (LEFT, bottom), to: (x, bottom), gray });
        self.y = bottom;
    }
}

/// So many lines, as a length.
fn length(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
}

/// How many lines of a height fit.
fn fitting(room: f32, height: f32) -> usize {
    let mut lines = 0;
    while length(lines + 1) * height <= room && lines < 1000 {
        lines += 1;
    }
    lines
}

/// What stands on every page: the subject, the classification, and the number.
pub(super) fn frame(paper: &Paper, face: &Face<'_>, number: usize, count: usize) -> Vec<Op> {
    let size = 8.0;
    let short = |text: &str| face.shown(&view::capped(&escape::terminal(text), 50));
    let (subject, mark) = (short(&paper.subject), short(&paper.mark));
    let pages = format!("{number} / {count}");
    let end = right() - face.width(&mark, size);
    let middle = (WIDTH - face.width(&pages, size)) / 2.0;
    let line = HEIGHT - 30.0;
    let ops = [(LEFT, 40.0, subject), (end, 40.0, mark), (middle, line, pages)];
    let texts = ops.into_iter().filter(|(_, _, text)| !text.is_empty());
    let texts = texts.map(|(x, y, text)| Op::Text { x, y, size, gray: 90, text });
    texts.chain([Op::Rule { from: (LEFT, 46.0), to: (right(), 46.0), gray: 190 }]).collect()
}
