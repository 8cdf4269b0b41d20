import Foundation

/// Integers as options take them: `3,17`.
enum IDList {
  /// - Throws: what `refusal` makes of the first part that is no integer.
  static func parse(
    _ text: String, orThrow refusal: (Substring) -> any Error
  ) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let id = Int(part.trimmingCharacters(in: .whitespaces)) else { throw refusal(part) }
      return id
    }
  }
}
