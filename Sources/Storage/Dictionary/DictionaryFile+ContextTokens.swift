import Foundation
import GRDB

extension DictionaryFile {
  /// Per region, how many of its kept contexts have an activating token that was recorded, and how many of those tokens are
  /// spelled as special ones are.
  ///
  /// - Complexity: O(contexts + bytes of the documents that they point to).
  package func contextTokens() throws -> [(known: Int, special: Int)] {
    try read { db in
      var counts = [(known: Int, special: Int)](repeating: (0, 0), count: regionCount)
      var (document, bytes, ends): (Int?, [UInt8], [Int]) = (nil, [], [])
      let statement = try db.makeStatement(sql: "SELECT text, tokenEnds FROM document WHERE id = ?")
      let contexts = try Row.fetchCursor(
        db,
        sql: """
          SELECT region, position, document FROM context WHERE document IS NOT NULL
          ORDER BY document
          """)
      while let context = try contexts.next() {
        let region = try context.decode(Int.self, atIndex: 0)
        let position = try context.decode(Int.self, atIndex: 1)
        let owner = try context.decode(Int.self, atIndex: 2)
        if owner != document {
          (document, bytes, ends) = (owner, [], [])
          if let row = try Row.fetchOne(statement, arguments: [owner]),
            let data = try row.decode(Data?.self, atIndex: 1)
          {
            bytes = Array(try row.decode(StoredText.self, atIndex: 0).text.utf8)
            ends = data.withUnsafeBytes { IntegerList.decode($0) } ?? []
          }
        }
        guard counts.indices.contains(region), ends.indices.contains(position) else { continue }
        let start = position == 0 ? 0 : ends[position - 1]
        guard start >= 0, start <= ends[position], ends[position] <= bytes.count else { continue }
        counts[region].known += 1
        if SpecialSpelling.isSpecial(bytes[start..<ends[position]]) { counts[region].special += 1 }
      }
      return counts
    }
  }
}

/// How tokenizers spell their special tokens, where nothing else says which those are.
enum SpecialSpelling {
  private static let names: Set<String> = [
    "s", "/s", "bos", "eos", "pad", "unk", "mask", "cls", "sep", "start_of_turn", "end_of_turn",
    "endoftext", "begin_of_text", "end_of_text", "sop", "eop", "gmask", "start_of_image",
    "end_of_image", "im_start", "im_end",
  ]
  private static let bracketed: Set<String> = [
    "inst", "/inst", "bos", "eos", "pad", "unk", "mask", "cls", "sep", "gmask",
    "available_tools", "/available_tools", "tool_calls", "tool_results", "/tool_results",
    "system_prompt", "/system_prompt",
  ]
  /// Longer ones are text.
  private static let longest = 64

  static func isSpecial(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count > 2, bytes.count <= longest else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    switch (text.first, text.last) {
    case ("<", ">"):
      let inside = text.dropFirst().dropLast()
      for bar in ["|", "｜"] where inside.count > 2 && inside.hasPrefix(bar) && inside.hasSuffix(bar)
      {
        return true
      }
      return names.contains(inside.lowercased())
    case ("[", "]"): return bracketed.contains(text.dropFirst().dropLast().lowercased())
    default: return false
    }
  }
}
