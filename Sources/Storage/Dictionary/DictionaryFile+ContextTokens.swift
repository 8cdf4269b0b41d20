import Foundation
import GRDB

extension DictionaryFile {
  /// Per region, how many of its kept contexts have an activating token that was recorded, and how many of those tokens are
  /// spelled as special ones are.
  ///
  /// Asked at every opening: each table is gone through once, and of a document nothing is copied but its token ends.
  /// - Complexity: O(contexts · log(contexts) + bytes of the documents).
  package func contextTokens() throws -> [(known: Int, special: Int)] {
    try read { db in
      var counts = [(known: Int, special: Int)](repeating: (0, 0), count: regionCount)
      // Without any, nothing is known, and the contexts need not be looked at.
      let areRecorded = "SELECT EXISTS (SELECT 1 FROM document WHERE tokenEnds IS NOT NULL)"
      guard try Bool.fetchOne(db, sql: areRecorded) == true else { return counts }
      let contexts = try Self.contexts(db, regionCount: regionCount)
      var next = 0
      let documents = """
        SELECT id, tokenEnds, text FROM document WHERE tokenEnds IS NOT NULL ORDER BY id
        """
      try db.forEachRow(of: documents) { row in
        let id = row.integer(0)
        while next < contexts.count, contexts[next].document < id { next += 1 }
        guard next < contexts.count, contexts[next].document == id,
          let ends = IntegerList.decode(row.bytes(1))
        else { return }
        let text = row.bytes(2)
        while next < contexts.count, contexts[next].document == id {
          let context = contexts[next]
          next += 1
          let position = Int(context.position)
          guard ends.indices.contains(position) else { continue }
          let start = position == 0 ? 0 : ends[position - 1]
          guard start >= 0, start <= ends[position], ends[position] <= text.count else { continue }
          counts[Int(context.region)].known += 1
          if SpecialSpelling.isSpecial(text[start..<ends[position]]) {
            counts[Int(context.region)].special += 1
          }
        }
      }
      return counts
    }
  }

  private struct Place {
    var document: Int64
    var position, region: Int32
  }

  /// The contexts that have a document, by document.
  private static func contexts(_ db: Database, regionCount: Int) throws -> [Place] {
    var places: [Place] = []
    let query = "SELECT region, position, document FROM context WHERE document IS NOT NULL"
    try db.forEachRow(of: query) { row in
      guard let region = Int32(exactly: row.integer(0)),
        (0..<regionCount).contains(Int(region)),
        let position = Int32(exactly: row.integer(1)), position >= 0
      else { return }
      places.append(Place(document: row.integer(2), position: position, region: region))
    }
    places.sort { $0.document < $1.document }
    return places
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

  static func isSpecial(_ bytes: some Collection<UInt8>) -> Bool {
    guard bytes.count > 2, bytes.count <= longest,
      bytes.first == UInt8(ascii: "<") || bytes.first == UInt8(ascii: "[")
    else { return false }
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
