import Foundation
import Storage

/// What narrows, orders and writes the tables of a comparison.
extension CompareScreen {
  // MARK: - Words

  mutating func runInCompareSearch(_ command: Command, _ field: TextField, in session: inout Session) -> [Effect] {
    var field = field
    if field.apply(command) {
      setCompareField(field, in: &session)
      return []
    }
    switch command {
    case .accept: mode = .browsing
    case .cancelField:
      mode = .browsing
      narrow(words: "", in: &session)
    case .nextChoice: selectInCompare((cursor ?? 0) + 1, in: &session)
    case .previousChoice: selectInCompare((cursor ?? 0) - 1, in: &session)
    default: break
    }
    return []
  }

  /// Puts an edited field of a comparison back, and does what follows from its text.
  mutating func setCompareField(_ field: TextField, in session: inout Session) {
    switch mode {
    case .searching:
      mode = .searching(field)
      narrow(words: field.text, in: &session)
    case .filtering(var editor):
      editor.field = field
      readCompareFilter(editor, in: &session)
    case .exporting: mode = .exporting(field)
    case .browsing, .choosingSort, nil: break
    }
  }

  /// The field of a comparison that has the keyboard.
  var compareField: TextField? {
    switch mode {
    case .searching(let field), .exporting(let field): field
    case .filtering(let editor): editor.field
    case .browsing, .choosingSort, nil: nil
    }
  }

  private mutating func narrow(words: String, in session: inout Session) {
    self.words = words
    refresh()
    showCompareCursor(in: &session)
  }

  // MARK: - Filter

  mutating func beginCompareFilter() {
    var editor = CompareFilterEditor(field: TextField(filter.text))
    _ = editor.read(values: compareFilterValues)
    mode = .filtering(editor)
  }

  private func compareFilterValues(_ field: CompareField) -> [String] {
    guard field == .label else { return [] }
    return LabelEditor.inUse(
      CompareScreen.Side.allCases.flatMap { Array((labels[$0]?.texts ?? [:]).values) })
  }

  /// Narrows the table by what is typed so far; a mistake keeps what was understood last.
  private mutating func readCompareFilter(_ edited: CompareFilterEditor, in session: inout Session) {
    var editor = edited
    if let filter = editor.read(values: compareFilterValues) {
      self.filter = (editor.field.text, filter)
      refresh()
    }
    mode = .filtering(editor)
    showCompareCursor(in: &session)
  }

  mutating func runInCompareFilter(
    _ command: Command, _ edited: CompareFilterEditor, in session: inout Session
  ) -> [Effect] {
    var editor = edited
    if editor.field.apply(command) {
      readCompareFilter(editor, in: &session)
      return []
    }
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
        readCompareFilter(editor, in: &session)
      }
    case .nextChoice, .previousChoice:
      editor.choose(command == .nextChoice ? 1 : -1)
      mode = .filtering(editor)
    default: break
    }
    showCompareCursor(in: &session)
    return []
  }

  // MARK: - Order

  mutating func runInCompareSort(_ command: Command, _ selected: Int, in session: inout Session) -> [Effect] {
    guard let columns = self.columns, !columns.isEmpty else { return [] }
    switch command {
    case .nextChoice: mode = .choosingSort(selected: (selected + 1) % columns.count)
    case .previousChoice:
      mode = .choosingSort(selected: (selected + columns.count - 1) % columns.count)
    case .accept:
      mode = .browsing
      if columns.indices.contains(selected) { sortCompare(by: columns[selected], in: &session) }
    case .cancelField: mode = .browsing
    default: break
    }
    return []
  }

  mutating func sortCompare(by column: CompareColumn, in session: inout Session) {
    if sort.column == column { return reverseCompareSort(in: &session) }
    sorts[table] = CompareSort(column)
    refresh()
    showCompareCursor(in: &session)
  }

  mutating func reverseCompareSort(in session: inout Session) {
    var sort = self.sort
    sort.isDescending.toggle()
    sorts[table] = sort
    refresh()
    showCompareCursor(in: &session)
  }

  // MARK: - Files

  mutating func beginCompareExport() {
    let name = [opened.a, opened.b].map(\.dictionary.title).joined(separator: "-")
    mode = .exporting(TextField("\(name).match"))
  }

  mutating func runInCompareExport(_ command: Command, _ field: TextField, in session: inout Session) -> [Effect] {
    var field = field
    if field.apply(command) {
      mode = .exporting(field)
      return []
    }
    switch command {
    case .cancelField: mode = .browsing
    case .accept:
      let name = field.text.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return [] }
      mode = .browsing
      return [
        session.ask(
          .exportComparison(
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
