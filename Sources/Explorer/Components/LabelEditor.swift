/// A label being written, in place.
package struct LabelEditor: CompletingEditor, Equatable, Sendable {
  package var region: Int
  package var field: TextField
  /// Labels in use that begin with what is typed, the most used first.
  package private(set) var completions: [String] = []
  package private(set) var choice = 0
  /// Labels in use, the most used first.
  private let inUse: [String]
  /// What programs would call it, the latest first, with what is known of each.
  private let suggested: [(text: String, note: String)]

  package static func == (a: LabelEditor, b: LabelEditor) -> Bool {
    (a.region, a.field, a.completions, a.choice) == (b.region, b.field, b.completions, b.choice)
      && a.inUse == b.inUse && a.suggested.elementsEqual(b.suggested, by: ==)
  }

  package init(
    region: Int, text: String, inUse: [String], suggested: [(text: String, note: String)] = []
  ) {
    self.region = region
    self.inUse = inUse
    self.suggested = suggested
    field = TextField(text)
    refreshCompletions()
  }

  /// Who says what Tab would take, and how well it holds; `nil` for a label in use.
  package var note: String? {
    guard completions.indices.contains(choice) else { return nil }
    return suggested.first { $0.text == completions[choice] }?.note
  }

  /// Labels by how often they are used, then alphabetically.
  package static func inUse(_ labels: some Sequence<String>) -> [String] {
    var counts: [String: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    return counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
  }

  /// Looks for completions of what is typed now.
  package mutating func refreshCompletions() {
    choice = 0
    let typed = field.text.lowercased()
    let all = suggested.map(\.text) + (typed.isEmpty ? [] : inUse)
    var seen: Set<String> = []
    completions = Array(
      all.filter { $0.lowercased().hasPrefix(typed) && $0.count > typed.count }
        .filter { seen.insert($0).inserted }.prefix(20))
  }

  package mutating func choose(_ step: Int) {
    guard !completions.isEmpty else { return }
    choice = (choice + step + completions.count) % completions.count
  }

  /// What Tab would add, when the cursor is at the end.
  package var suggestion: String {
    guard field.isCursorAtEnd, completions.indices.contains(choice) else { return "" }
    return String(completions[choice].dropFirst(field.characters.count))
  }

  /// Takes the suggestion, in the spelling of the label in use.
  package mutating func complete() {
    guard completions.indices.contains(choice) else { return }
    field = TextField(completions[choice])
    refreshCompletions()
  }
}
