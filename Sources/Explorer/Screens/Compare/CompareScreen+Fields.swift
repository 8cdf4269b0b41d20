import Foundation
import Storage

/// What narrows, orders and writes the tables of a comparison.
extension CompareScreen {
  // MARK: - Words

  mutating func runSearch(_ command: Command, in session: inout Session) -> [Effect] {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .accept: mode = .browsing
    case .cancelField:
      mode = .browsing
      narrow(words: "", in: session)
    case .nextChoice: select(cursor + 1, in: session)
    case .previousChoice: select(cursor - 1, in: session)
    default: break
    }
    return []
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    switch mode {
    case .searching:
      mode = .searching(field)
      narrow(words: field.text, in: session)
    case .filtering(var editor):
      editor.field = field
      read(editor, in: session)
    case .exporting: mode = .exporting(field)
    case .browsing, .choosingSort: break
    }
    return []
  }

  var textField: TextField? {
    switch mode {
    case .searching(let field), .exporting(let field): field
    case .filtering(let editor): editor.field
    case .browsing, .choosingSort: nil
    }
  }

  private mutating func narrow(words: String, in session: Session) {
    self.words = words
    refresh()
    showCursor(in: session)
  }

  // MARK: - Filter

  mutating func beginFiltering() {
    var editor = CompareFilterEditor(field: TextField(filter.text))
    _ = editor.read(values: filterValues)
    mode = .filtering(editor)
  }

  private func filterValues(_ field: CompareField) -> [String] {
    guard field == .label else { return [] }
    return LabelEditor.inUse(
      CompareScreen.Side.allCases.flatMap { Array((labels[$0]?.texts ?? [:]).values) })
  }

  /// Narrows the table by what is typed so far; a mistake keeps what was understood last.
  private mutating func read(_ edited: CompareFilterEditor, in session: Session) {
    var editor = edited
    if let filter = editor.read(values: filterValues) {
      self.filter = (editor.field.text, filter)
      refresh()
    }
    mode = .filtering(editor)
    showCursor(in: session)
  }

  mutating func runFilter(
    _ command: Command, _ edited: CompareFilterEditor, in session: inout Session
  ) -> [Effect] {
    if let effects = edit(command, in: &session) { return effects }
    var editor = edited
    switch command {
    case .accept:
      do {
        let filter = try CompareFilter(editor.field.text)
        let needed: Set<CompareField> = [.refusalA, .refusalB, .promptsA, .promptsB, .change]
        if opened.outcomes == nil, !filter.fields.isDisjoint(with: needed) {
          session.say(.error, "refusal rates need the stores of both sides beside the dictionaries")
          return []
        }
        self.filter = (editor.field.text, filter)
        mode = .browsing
        refresh()
      } catch {
        session.say(.error, "\(error)")
      }
    case .cancelField:
      self.filter = ("", .none)
      mode = .browsing
      refresh()
    case .complete:
      if let field = editor.completed {
        editor.field = field
        read(editor, in: session)
      }
    case .nextChoice, .previousChoice:
      editor.choose(command == .nextChoice ? 1 : -1)
      mode = .filtering(editor)
    default: break
    }
    showCursor(in: session)
    return []
  }

  // MARK: - Order

  mutating func runSortChooser(
    _ command: Command, _ selected: Int, in session: Session
  ) -> [Effect] {
    let columns = columns
    switch command {
    case .nextChoice: mode = .choosingSort(selected: (selected + 1) % columns.count)
    case .previousChoice:
      mode = .choosingSort(selected: (selected + columns.count - 1) % columns.count)
    case .accept:
      mode = .browsing
      if columns.indices.contains(selected) { sort(by: columns[selected], in: session) }
    case .cancelField: mode = .browsing
    default: break
    }
    return []
  }

  mutating func sort(by column: CompareColumn, in session: Session) {
    if sort.column == column { return reverseSort(in: session) }
    put(in: CompareSort(column), in: session)
  }

  mutating func reverseSort(in session: Session) {
    var sort = sort
    sort.isDescending.toggle()
    put(in: sort, in: session)
  }

  /// Takes another order: who has gone to no line sees the first one, and a line that was gone to stays selected.
  private mutating func put(in order: CompareSort, in session: Session) {
    sorts[table] = order
    let isAtFirst = cursor == 0
    refresh()
    if isAtFirst { cursor = 0 }
    top = 0
    showCursor(in: session)
  }

  // MARK: - Files

  mutating func beginExporting() {
    let name = [opened.a, opened.b].map(\.dictionary.title).joined(separator: "-")
    mode = .exporting(TextField("\(name).match"))
  }

  mutating func runExport(
    _ command: Command, _ field: TextField, in session: inout Session
  ) -> [Effect] {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .cancelField: mode = .browsing
    case .accept:
      let name = field.text.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return [] }
      // Of these endings nobody means a folder.
      let suffix = URL(filePath: name).pathExtension.lowercased()
      guard !["json", "jsonl", "csv", "tsv", "svg", "md"].contains(suffix) else {
        session.say(
          .error, "expected a new folder, or a page's name in .html, got a name in .\(suffix)")
        return []
      }
      mode = .browsing
      return [
        session.ask(
          CompareWork.export(
            ComparisonExport(
              dictionaryA: opened.a.dictionary.url,
              dictionaryB: opened.b.dictionary.url, comparison: opened.comparison,
              cutoff: cutoff, nulls: nulls.known,
              outcomes: opened.outcomes, path: UserFolders.expandingHome(name))))
      ]
    default: break
    }
    return []
  }
}
