import Regions
import Storage

/// The filter that the table is narrowed by.
package struct FilterInForce: Equatable, Sendable {
  /// As it was typed.
  package var text: String
  /// What of it can be understood.
  package var filter: RegionFilter
  /// The region that was selected before.
  package var origin: Int?
}

/// A filter of regions being written.
package typealias FilterEditor = FieldFilterEditor<RegionField>

/// A filter being written.
package struct FieldFilterEditor<Field: FilterField>: Equatable, Sendable {
  package var field: TextField
  package var problem: FilterSyntaxError?
  package private(set) var completions: [FilterCompletion] = []
  package private(set) var choice = 0

  private static var mostCompletions: Int { 50 }

  /// Reads the text anew.
  ///
  /// - Parameters:
  ///   - values: what a text field can be, the likeliest first.
  ///   - rows: what the rows behind can be asked about.
  /// - Returns: the filter so far; `nil` where it cannot be understood.
  mutating func read(
    values: (Field) -> [String], rows: RowFields = RowFields()
  ) -> FieldFilter<Field>? {
    choice = 0
    completions = []
    let isAtEnd = field.isCursorAtEnd
    if isAtEnd {
      let all = FieldFilter<Field>.completions(
        of: field.text, rows: rows.names, values: values, rowValues: rows.values)
      completions = Array(all.prefix(Self.mostCompletions))
    }
    do {
      let filter = try FieldFilter<Field>.typing(field.text, rows: rows.names)
      problem = nil
      return filter
    } catch {
      problem = error as? FilterSyntaxError
      return nil
    }
  }

  mutating func choose(_ step: Int) {
    guard !completions.isEmpty else { return }
    choice = (choice + step + completions.count) % completions.count
  }

  /// The field with the chosen completion taken.
  var completed: TextField? {
    guard completions.indices.contains(choice) else { return nil }
    let completion = completions[choice]
    guard completion.range.upperBound == field.characters.count else { return nil }
    return TextField(String(field.characters[..<completion.range.lowerBound]) + completion.text)
  }
}

/// What is written with completions to choose from.
protocol CompletingEditor {
  mutating func choose(_ step: Int)
  mutating func complete()
}

extension CompletingEditor {
  /// Chooses or takes a completion; false for what does neither.
  mutating func apply(_ command: Command) -> Bool {
    switch command {
    case .complete: complete()
    case .nextChoice: choose(1)
    case .previousChoice: choose(-1)
    default: return false
    }
    return true
  }
}

/// The tags of a region being written, as words.
package struct TagEditor: CompletingEditor, Equatable, Sendable {
  package var region: Int
  package var field: TextField
  /// Tags in use, the most used first.
  package var inUse: [String]
  package var choice = 0

  /// Tags in use that begin with the word before the cursor and are not there yet.
  package var completions: [String] {
    guard field.isCursorAtEnd else { return [] }
    let words = field.text.split(separator: " ", omittingEmptySubsequences: false)
    let begun = words.last.map { String($0).lowercased() } ?? ""
    let there = Set(words.dropLast().map(String.init))
    return inUse.filter {
      $0.lowercased().hasPrefix(begun) && $0.count > begun.count && !there.contains($0)
    }
  }

  mutating func choose(_ step: Int) {
    let count = completions.count
    if count > 0 { choice = (choice + step + count) % count }
  }

  mutating func complete() {
    let completions = completions
    guard completions.indices.contains(choice) else { return }
    let words = field.text.split(separator: " ", omittingEmptySubsequences: false).dropLast()
    field = TextField((words.map(String.init) + [completions[choice]]).joined(separator: " ") + " ")
    choice = 0
  }
}
