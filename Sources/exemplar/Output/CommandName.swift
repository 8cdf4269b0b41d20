import Foundation
import Storage

/// What a first word that names no command and no file was meant to be.
enum CommandName {
  /// Refuses a first word that is neither a command nor a path that is there, before its options are read as the explorer's.
  ///
  /// - Parameter names: of every command that can stand there.
  /// - Throws: `missing` for a path where nothing is, with the command that it may be meant for.
  static func check(_ arguments: [String], names: [String]) throws {
    guard let word = arguments.first, !word.hasPrefix("-"), !word.isEmpty, !names.contains(word),
      !FileManager.default.fileExists(atPath: word)
    else { return }
    let hint = nearest(to: word, among: names).map { "; did you mean “exemplar \($0)”?" } ?? ""
    throw StorageError(
      .missing, "no such file or folder, and no command of that name\(hint)", file: word)
  }

  /// The command that is the fewest changes away, if those are few.
  private static func nearest(to word: String, among all: [String]) -> String? {
    guard !word.contains("/"), !word.contains("."), word.count <= 40 else { return nil }
    let word = word.lowercased()
    let near = all.map { (name: $0, distance: changes(from: word, to: $0)) }
      .filter { $0.distance <= max(1, min(word.count, $0.name.count) / 3) }
    if let nearest = near.min(by: { $0.distance < $1.distance }) { return nearest.name }
    guard word.count >= 3 else { return nil }
    let begun = all.filter { $0.hasPrefix(word) }
    return begun.count == 1 ? begun[0] : nil
  }

  /// Letters put in, left out, replaced, or swapped with their neighbour (optimal string alignment).
  private static func changes(from first: String, to second: String) -> Int {
    let (a, b) = (Array(first), Array(second))
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in b.indices {
        row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          row[j + 1] = min(row[j + 1], before[j - 1] + 1)
        }
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
