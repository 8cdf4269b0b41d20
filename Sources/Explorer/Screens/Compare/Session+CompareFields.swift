import Foundation
import Storage

/// What narrows, orders and writes the tables of a comparison.
extension Session {
  // MARK: - Words

  mutating func runInCompareSearch(_ command: Command, _ field: TextField) -> [Effect] {
    var field = field
    if field.apply(command) {
      setCompareField(field)
      return []
    }
    switch command {
    case .accept: compare?.mode = .browsing
    case .cancelField:
      compare?.mode = .browsing
      narrow(words: "")
    case .nextChoice: selectInCompare((compare?.cursor ?? 0) + 1)
    case .previousChoice: selectInCompare((compare?.cursor ?? 0) - 1)
    default: break
    }
    return []
  }

  /// Puts an edited field of a comparison back, and does what follows from its text.
  mutating func setCompareField(_ field: TextField) {
    switch compare?.mode {
    case .searching:
      compare?.mode = .searching(field)
      narrow(words: field.text)
    case .filtering(var editor):
      editor.field = field
      readCompareFilter(editor)
    case .exporting: compare?.mode = .exporting(field)
    case .browsing, .choosingSort, nil: break
    }
  }

  /// The field of a comparison that has the keyboard.
  var compareField: TextField? {
    switch compare?.mode {
    case .searching(let field), .exporting(let field): field
    case .filtering(let editor): editor.field
    case .browsing, .choosingSort, nil: nil
    }
  }

  private mutating func narrow(words: String) {
    compare?.words = words
    compare?.refresh()
    showCompareCursor()
  }

  // MARK: - Filter

  mutating func beginCompareFilter() {
    guard let compare else { return }
    var editor = CompareFilterEditor(field: TextField(compare.filter.text))
    _ = editor.read(values: compareFilterValues)
    self.compare?.mode = .filtering(editor)
  }

  private func compareFilterValues(_ field: CompareField) -> [String] {
    guard let compare, field == .label else { return [] }
    return LabelEditor.inUse(
      CompareScreen.Side.allCases.flatMap { Array((compare.labels[$0]?.texts ?? [:]).values) })
  }

  /// Narrows the table by what is typed so far; a mistake keeps what was understood last.
  private mutating func readCompareFilter(_ edited: CompareFilterEditor) {
    var editor = edited
    if let filter = editor.read(values: compareFilterValues) {
      compare?.filter = (editor.field.text, filter)
      compare?.refresh()
    }
    compare?.mode = .filtering(editor)
    showCompareCursor()
  }

  mutating func runInCompareFilter(
    _ command: Command, _ edited: CompareFilterEditor
  ) -> [Effect] {
    var editor = edited
    if editor.field.apply(command) {
      readCompareFilter(editor)
      return []
    }
    switch command {
    case .accept:
      do {
        let filter = try CompareFilter(editor.field.text)
        let needed: Set<CompareField> = [.refusalA, .refusalB, .promptsA, .promptsB, .change]
        if compare?.opened.outcomes == nil, !filter.fields.isDisjoint(with: needed) {
          say(.error, "refusal rates need the stores of both sides beside the dictionaries")
          return []
        }
        compare?.filter = (editor.field.text, filter)
        compare?.mode = .browsing
        compare?.refresh()
      } catch {
        say(.error, "\(error)")
      }
    case .cancelField:
      compare?.filter = ("", .none)
      compare?.mode = .browsing
      compare?.refresh()
    case .complete:
      if let field = editor.completed {
        editor.field = field
        readCompareFilter(editor)
      }
    case .nextChoice, .previousChoice:
      editor.choose(command == .nextChoice ? 1 : -1)
      compare?.mode = .filtering(editor)
    default: break
    }
    showCompareCursor()
    return []
  }

  // MARK: - Order

  mutating func runInCompareSort(_ command: Command, _ selected: Int) -> [Effect] {
    guard let columns = compare?.columns, !columns.isEmpty else { return [] }
    switch command {
    case .nextChoice: compare?.mode = .choosingSort(selected: (selected + 1) % columns.count)
    case .previousChoice:
      compare?.mode = .choosingSort(selected: (selected + columns.count - 1) % columns.count)
    case .accept:
      compare?.mode = .browsing
      if columns.indices.contains(selected) { sortCompare(by: columns[selected]) }
    case .cancelField: compare?.mode = .browsing
    default: break
    }
    return []
  }

  mutating func sortCompare(by column: CompareColumn) {
    guard let compare else { return }
    if compare.sort.column == column { return reverseCompareSort() }
    self.compare?.sorts[compare.table] = CompareSort(column)
    self.compare?.refresh()
    showCompareCursor()
  }

  mutating func reverseCompareSort() {
    guard let compare else { return }
    var sort = compare.sort
    sort.isDescending.toggle()
    self.compare?.sorts[compare.table] = sort
    self.compare?.refresh()
    showCompareCursor()
  }

  // MARK: - Files

  mutating func beginCompareExport() {
    guard let compare else { return }
    let name = [compare.opened.a, compare.opened.b].map(\.dictionary.title).joined(separator: "-")
    self.compare?.mode = .exporting(TextField("\(name).match"))
  }

  mutating func runInCompareExport(_ command: Command, _ field: TextField) -> [Effect] {
    var field = field
    if field.apply(command) {
      compare?.mode = .exporting(field)
      return []
    }
    switch command {
    case .cancelField: compare?.mode = .browsing
    case .accept:
      let name = field.text.trimmingCharacters(in: .whitespaces)
      guard let compare, !name.isEmpty else { return [] }
      self.compare?.mode = .browsing
      return [
        ask(
          .exportComparison(
            ComparisonExport(
              dictionaryA: compare.opened.a.dictionary.url,
              dictionaryB: compare.opened.b.dictionary.url, comparison: compare.opened.comparison,
              cutoff: compare.cutoff, nulls: compare.nulls.known,
              outcomes: compare.opened.outcomes, path: UserFolders.expandingHome(name))))
      ]
    default: break
    }
    return []
  }
}
