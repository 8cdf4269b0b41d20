import Regions
import Storage
import Terminal

/// The screen of regions: the table of all, and the selected one.
struct RegionsView {
  let session: Session
  let regions: RegionsScreen
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    if let page = regions.page {
      draw(page, into: &screen, body: body)
      if case .filtering(let editor) = regions.mode {
        CompletionsView(editor: editor, theme: theme).draw(into: &screen, body: body)
      }
      return
    }
    let panes = regions.layout(in: session)
    if !panes.list.isEmpty {
      drawListTitle(into: &screen, panes)
      RegionTableView(regions: regions, theme: theme).draw(
        into: &screen, area: panes.list)
    }
    if !panes.detail.isEmpty {
      drawDetailTitle(into: &screen, panes)
      RegionDetailView(session: session, regions: regions, theme: theme).draw(
        into: &screen, panes: panes)
    }
    screen.drawDivider(panes.divider, isListFocused: regions.focus == .list, theme: theme)
    if case .choosingSort(let selected) = regions.mode {
      drawSortChooser(
        selected, into: &screen, area: panes.list.isEmpty ? panes.detail : panes.list)
    }
    if case .choosingColumns(let selected) = regions.mode {
      ColumnChooserView(regions: regions, selected: selected, theme: theme)
        .draw(into: &screen, area: panes.list.isEmpty ? panes.detail : panes.list)
    }
    if case .noting(let editor) = regions.mode {
      NoteEditorView(editor: editor, theme: theme).draw(into: &screen, body: body)
    }
    if case .filtering(let editor) = regions.mode {
      CompletionsView(editor: editor, theme: theme).draw(into: &screen, body: body)
    }
  }

  private func draw(_ page: Page, into screen: inout Cells, body: Rect) {
    switch page {
    case .document(let document):
      DocumentView(regions: regions, page: document, theme: theme).draw(
        into: &screen, body: body)
    case .map(let map):
      MapView(regions: regions, map: map, theme: theme).draw(into: &screen, body: body)
    case .hits(let hits):
      HitsView(regions: regions, shown: hits, theme: theme).draw(
        into: &screen, body: body)
    case .example(let example):
      ExampleView(regions: regions, example: example, theme: theme).draw(
        into: &screen, body: body)
    case .metrics(let metrics):
      MetricsView(regions: regions, metrics: metrics, theme: theme).draw(
        into: &screen, body: body)
    }
  }

  private func drawSortChooser(
    _ selected: RegionSort.Column, into screen: inout Cells, area: Rect
  ) {
    let columns = regions.sortColumns
    let rows = columns.map { column in
      ChooserView.Row(
        key: column.command.flatMap {
          session.keymap.keys(for: $0, in: [.sortChooser]).first?.label
        } ?? column.column?.order.letter.map(String.init) ?? "",
        text: column.command?.short ?? column.column?.title ?? column.name,
        note: column == regions.sort.column ? regions.sort.isDescending ? "▼ now" : "▲ now" : "")
    }
    ChooserView(
      title: "Sort by", rows: rows, selected: columns.firstIndex(of: selected) ?? 0, columns: 28,
      theme: theme
    ).draw(into: &screen, area: area)
  }

  private func drawListTitle(into screen: inout Cells, _ panes: PaneLayout) {
    let count = regions.rows.count
    let trailing =
      count == 0
      ? "" : "\(Figures.grouped(regions.cursor + 1)) of \(Figures.grouped(count))"
    screen.drawTitleRule(
      panes.listTitle, isFocused: regions.focus == .list, theme: theme,
      title: { pen, screen in
        // What was searched is worth more than the way back.
        let isFull = regions.search?.result != nil && panes.listTitle.columns < 100
        if session.library.entries?.isEmpty == false, !isFull {
          pen.write("Library › ", "text.dim", into: &screen)
        }
        pen.write(regions.dictionary.title, "title", into: &screen)
        if let search = regions.search {
          pen.write(" › ", "text.dim", into: &screen)
          pen.write("/\(search.text)", "match", into: &screen)
          if let scope = search.result?.scope {
            pen.write(" \(scope.words)", "text.dim", into: &screen)
          }
        }
        if regions.hidesTemplate {
          pen.write(
            " › \(Figures.count(regions.hiddenTemplateCount, "template region")) hidden", "warning",
            into: &screen)
        }
        if let blind = regions.blind {
          let answered = regions.rows.count { blind.isRevealed(Int($0)) }
          pen.write(
            regions.isBlindOver
              ? " › blind, all \(answered) answered"
              : " › blind, \(answered) of \(Figures.grouped(regions.rows.count)) answered",
            "warning", into: &screen)
        }
        if let filter = regions.filter, !filter.filter.isEmpty {
          pen.write(" › ", "text.dim", into: &screen)
          pen.write(filter.text, "match", into: &screen)
        }
      }, trailing: trailing)
  }

  private func drawDetailTitle(into screen: inout Cells, _ panes: PaneLayout) {
    screen.drawTitleRule(
      panes.detailTitle, isFocused: regions.focus == .contexts, theme: theme,
      title: { pen, screen in
        guard let region = regions.selected else {
          pen.write("no region", "text.dim", into: &screen)
          return
        }
        pen.write("Region \(region)", "title", into: &screen)
        if regions.annotations.stars.contains(region) { pen.write(" ★", "title", into: &screen) }
        // A pane without a line for the label has it here.
        if panes.arrangement == .stacked, let label = regions.label(of: region),
          !regions.isHidden(region)
        {
          pen.write(" · ", "text.dim", into: &screen)
          pen.write(label.text, "region.label", into: &screen)
        }
      })
  }
}

extension RegionsScreen {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    RegionsView(session: session, regions: self, theme: theme).draw(into: &screen, body: area)
  }
}
