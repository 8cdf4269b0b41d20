/// A label being written, in place.
package struct LabelEditor: CompletingEditor, Equatable, Sendable {
  package var region: Int
  package var field: TextField
  /// Labels in use that begin with what is typed, the most used first.
  package private(set) var completions: [String] = []
  package private(set) var choice = 0
  /// Labels in use, the most used first.
  private let inUse: [String]

  package init(region: Int, text: String, inUse: [String]) {
    self.region = region
    self.inUse = inUse
    field = TextField(text)
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
    guard !typed.isEmpty else {
      completions = []
      return
    }
    completions = Array(
      inUse.lazy.filter { $0.lowercased().hasPrefix(typed) && $0.count > typed.count }.prefix(20))
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
