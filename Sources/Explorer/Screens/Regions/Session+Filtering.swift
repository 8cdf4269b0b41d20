import Storage

extension Session {
  mutating func beginFiltering() {
    guard let regions else { return }
    if regions.filter == nil {
      self.regions?.filter = FilterInForce(
        text: "", filter: .none, origin: regions.selected)
    }
    var editor = FilterEditor(field: TextField(regions.filter?.text ?? ""))
    _ = editor.read(values: filterValues)
    self.regions?.mode = .filtering(editor)
  }

  /// Narrows the table by what is typed so far; a mistake keeps what was understood last.
  mutating func filterTyped(_ field: TextField) {
    guard case .filtering(var editor) = regions?.mode else { return }
    editor.field = field
    if let filter = editor.read(values: filterValues) {
      let isSame = regions?.filter?.filter == filter
      regions?.filter?.filter = filter
      regions?.filter?.text = field.text
      if !isSame { narrow() }
    }
    regions?.mode = .filtering(editor)
  }

  private mutating func narrow() {
    let origin = regions?.filter?.origin
    regions?.reorder()
    // The region that was selected before comes back as soon as it passes.
    if let origin { _ = select(region: origin) }
    showCursor()
  }

  mutating func runInFilter(_ command: Command, _ editor: FilterEditor) {
    var editor = editor
    switch command {
    case .accept:
      guard !editor.field.text.allSatisfy(\.isWhitespace) else { return clearFilter() }
      do {
        let filter = try RegionFilter(editor.field.text)
        if regions?.refusals == nil, !filter.fields.isDisjoint(with: [.refusal, .prompts]) {
          return say(.error, "refusal rates need a store: --store")
        }
        if regions?.nearest == nil, filter.fields.contains(.nearest) {
          return say(
            .error,
            "nearest activations are counted once the statistics of a region are shown; needs --store"
          )
        }
        if regions?.stability == nil, filter.fields.contains(.stable) {
          return say(.error, Self.noStability)
        }
        if regions?.drift == nil, filter.fields.contains(.drift) {
          return say(.error, Self.noDrift)
        }
        regions?.mode = .browsing
      } catch {
        say(.error, "\(error)")
      }
    case .cancelField: clearFilter()
    case .complete:
      if let field = editor.completed { filterTyped(field) }
    case .nextChoice, .previousChoice:
      editor.choose(command == .nextChoice ? 1 : -1)
      regions?.mode = .filtering(editor)
    default: break
    }
  }

  /// Shows all regions again, and the one that was selected before.
  mutating func clearFilter() {
    let selected = regions?.selected
    let origin = regions?.filter?.origin
    let wasEmpty = regions?.rows.isEmpty == true
    regions?.filter = nil
    if case .filtering = regions?.mode { regions?.mode = .browsing }
    regions?.reorder()
    if let region = wasEmpty ? origin : selected { _ = select(region: region) }
    showCursor()
  }

  private func filterValues(_ field: RegionField) -> [String] {
    guard let annotations = regions?.annotations else { return [] }
    switch field {
    case .label: return LabelEditor.inUse(annotations.labels.texts.values)
    case .tag: return LabelEditor.inUse(annotations.tags.values.joined())
    case .origin: return ["own", "carried", "shared", "imported"]
    case .drift: return RegionDrift.Kind.allCases.map(\.rawValue)
    default: return []
    }
  }

  // MARK: - Columns

  mutating func runInColumnChooser(_ command: Command, selected: Int) {
    guard var columns = regions?.columns else { return }
    let listed = columns + TableColumn.allCases.filter { !columns.contains($0) }
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
      regions?.mode = .browsing
      return
    default: break
    }
    regions?.columns = columns
    regions?.mode = .choosingColumns(selected: selected)
  }

  // MARK: - Tags

  mutating func beginTagging() {
    guard let regions, let region = regions.selected else { return }
    if case .unavailable(let reason) = notebook {
      return say(.error, "tags cannot be saved: \(reason)")
    }
    let own = regions.annotations.tags[region] ?? []
    let text = own.isEmpty ? "" : own.joined(separator: " ") + " "
    self.regions?.mode = .tagging(
      TagEditor(
        region: region, field: TextField(text),
        inUse: LabelEditor.inUse(regions.annotations.tags.values.joined())))
  }

  mutating func runInTags(_ command: Command, _ editor: TagEditor) -> [Effect] {
    var editor = editor
    switch command {
    case .accept:
      regions?.mode = .browsing
      return saveTags(TagList.tags(editor.field.text), region: editor.region)
    case .cancelField:
      regions?.mode = .browsing
      return []
    case .complete: editor.complete()
    case .nextChoice: editor.choose(1)
    case .previousChoice: editor.choose(-1)
    default: return []
    }
    regions?.mode = .tagging(editor)
    return []
  }

  private mutating func saveTags(_ tags: [String], region: Int) -> [Effect] {
    guard let regions, regions.annotations.tags[region] ?? [] != tags else { return [] }
    let effect = ask(.saveTags(regions.target, region: region, tags: tags))
    saves[effect.id] = Save(region: region, change: .tags(tags))
    return [effect]
  }
}
