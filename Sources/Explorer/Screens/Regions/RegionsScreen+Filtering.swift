import Regions
import Storage

extension RegionsScreen {
  mutating func beginFiltering() {
    if filter == nil {
      filter = FilterInForce(
        text: "", filter: .none, origin: selected)
    }
    var editor = FilterEditor(field: TextField(filter?.text ?? ""))
    _ = editor.read(values: filterValues, rows: dictionary.table.rowFields)
    mode = .filtering(editor)
  }

  /// Narrows the table by what is typed so far; a mistake keeps what was understood last.
  mutating func filterTyped(_ field: TextField, in session: Session) {
    guard case .filtering(var editor) = mode else { return }
    editor.field = field
    if let filter = editor.read(values: filterValues, rows: dictionary.table.rowFields) {
      if isRevealing(filter) {
        // Enter says why nothing is narrowed.
        mode = .filtering(editor)
        return
      }
      let isSame = self.filter?.filter == filter
      self.filter?.filter = filter
      self.filter?.text = field.text
      if !isSame { narrow(in: session) }
    }
    mode = .filtering(editor)
  }

  private mutating func narrow(in session: Session) {
    let origin = filter?.origin
    reorder()
    // The region that was selected before comes back as soon as it passes.
    if let origin { _ = select(region: origin, in: session) }
    showCursor(in: session)
  }

  mutating func runInFilter(_ command: Command, _ editor: FilterEditor, in session: inout Session) {
    var editor = editor
    switch command {
    case .accept:
      guard !editor.field.text.allSatisfy(\.isWhitespace) else { return clearFilter(in: session) }
      do {
        let filter = try RegionFilter(
          editor.field.text, rows: dictionary.table.rowFields.names)
        if isRevealing(filter) { return session.say(.error, Self.hiddenOrder) }
        for column in columns(of: filter) {
          if let reason = lack(of: column) { return session.say(.error, reason) }
        }
        mode = .browsing
      } catch {
        session.say(.error, "\(error)")
      }
    case .cancelField: clearFilter(in: session)
    case .complete:
      if let field = editor.completed { filterTyped(field, in: session) }
    case .nextChoice, .previousChoice:
      editor.choose(command == .nextChoice ? 1 : -1)
      mode = .filtering(editor)
    default: break
    }
  }

  /// Shows all regions again, and the one that was selected before.
  mutating func clearFilter(in session: Session) {
    let selected = self.selected
    let origin = filter?.origin
    let wasEmpty = rows.isEmpty
    filter = nil
    if case .filtering = mode { mode = .browsing }
    reorder()
    if let region = wasEmpty ? origin : selected { _ = select(region: region, in: session) }
    showCursor(in: session)
  }

  private func filterValues(_ field: RegionField) -> [String] {
    switch field {
    case .label: return LabelEditor.inUse(annotations.labels.texts.values)
    case .tag: return LabelEditor.inUse(annotations.tags.values.joined())
    case .origin: return ["own", "carried", "shared", "imported"]
    case .drift: return RegionDrift.Kind.allCases.map(\.rawValue)
    default: return []
    }
  }

  // MARK: - Columns

  /// The columns that a filter asks about.
  func columns(of filter: RegionFilter) -> [RegionColumn] {
    RegionColumn.all.filter { !$0.fields.isDisjoint(with: filter.fields) }
  }

  /// The columns of the table, and then those that it does not have.
  var listedColumns: [RegionColumn] {
    columns + RegionColumn.all.filter { !columns.contains($0) }
  }

  mutating func runInColumnChooser(_ command: Command, selected: Int) {
    var columns = columns
    let listed = listedColumns
    var selected = min(selected, listed.count - 1)
    switch command {
    case .nextChoice: selected = (selected + 1) % listed.count
    case .previousChoice: selected = (selected + listed.count - 1) % listed.count
    case .toggleColumn:
      if let index = columns.firstIndex(of: listed[selected]) {
        columns.remove(at: index)
      } else {
        columns.append(listed[selected])
        selected = columns.count - 1
      }
    case .columnEarlier where columns.indices.contains(selected) && selected > 0:
      columns.swapAt(selected, selected - 1)
      selected -= 1
    case .columnLater where columns.indices.contains(selected + 1):
      columns.swapAt(selected, selected + 1)
      selected += 1
    case .accept, .cancelField:
      mode = .browsing
      return
    default: break
    }
    self.columns = columns
    mode = .choosingColumns(selected: selected)
  }

  // MARK: - Tags

  mutating func beginTagging(in session: inout Session) {
    guard let region = selected else { return }
    if let reason = session.notebookProblem {
      return session.say(.error, "tags cannot be saved: \(reason)")
    }
    let own = annotations.tags[region] ?? []
    let text = own.isEmpty ? "" : own.joined(separator: " ") + " "
    mode = .tagging(
      TagEditor(
        region: region, field: TextField(text),
        inUse: LabelEditor.inUse(annotations.tags.values.joined())))
  }

  mutating func runInTags(_ command: Command, _ editor: TagEditor, in session: inout Session)
    -> [Effect]
  {
    switch command {
    case .accept:
      mode = .browsing
      return saveTags(TagList.tags(editor.field.text), region: editor.region, in: &session)
    case .cancelField: mode = .browsing
    default:
      var editor = editor
      if editor.apply(command) { mode = .tagging(editor) }
    }
    return []
  }

  private mutating func saveTags(_ tags: [String], region: Int, in session: inout Session)
    -> [Effect]
  {
    guard annotations.tags[region] ?? [] != tags else { return [] }
    blind?.noteKept()
    return session.keep(
      .tags(tags), of: region, by: .saveTags(target, region: region, tags: tags))
  }
}
