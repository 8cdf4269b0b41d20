import Experiments
import Foundation
import Storage
import Testing

@testable import Explorer

/// With a store, a search is of every token and document of it, and says so.
struct StoreSearchTests {
  private func regions(_ explorer: ScriptedExplorer, _ query: String) throws -> Set<Int> {
    explorer.type("/\(query)<Enter>")
    return Set(try #require(explorer.state.regions?.search?.result).regions)
  }

  /// Regions of every activation for which something holds, one by one.
  private func expected(
    _ explorer: ScriptedExplorer, _ holds: (StoreDocument, String) -> Bool
  ) throws -> Set<Int> {
    let store = try explorer.openedStore()
    let file = try DictionaryFile(explorer.folder.file("sample.epdict"))
    let index = try StoreIndex.read(file, store, threads: 1)
    let documents = try store.documents()
    var found = Set<Int>()
    for row in 0..<index.count where index.regions[row] >= 0 {
      let document = documents[Int(index.documents[row])]
      let ends = try #require(try store.tokens(of: document).ends)
      let position = Int(index.positions[row])
      let bytes = Array(document.text.utf8)
      // Tokens are bytes here: a token says the word that it is in.
      var (start, end) = (Int(ends[position - 1]), Int(ends[position]))
      func isLetter(_ byte: UInt8) -> Bool {
        byte < 128 && Character(Unicode.Scalar(byte)).isLetter
      }
      guard start < end else { continue }
      if bytes[start..<end].allSatisfy(isLetter) {
        while start > 0, isLetter(bytes[start - 1]) { start -= 1 }
        while end < bytes.count, isLetter(bytes[end]) { end += 1 }
      }
      let word = String(decoding: bytes[start..<end], as: UTF8.self)
      if holds(document, word) { found.insert(Int(index.regions[row])) }
    }
    return found
  }

  @Test func `a token is found wherever it is in the store, and a word in every document`() throws {
    let explorer = try TemplateExplorer.make(columns: 120, rows: 40)
    let forge = try expected(explorer) { $1 == "forge" }
    #expect(try regions(explorer, "token:forge") == forge && !forge.isEmpty)
    explorer.type("<Esc>")
    let words = try expected(explorer) { document, _ in document.text.contains("thing 7<") }
    #expect(try regions(explorer, "context:\"thing 7\"") == words)
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `the title says what was searched`(_ columns: Int, _ rows: Int) throws {
    let explorer = try TemplateExplorer.make(columns: columns, rows: rows)
    explorer.type("/forge<Enter>")
    let tokens = try explorer.openedStore().documents().reduce(0) { $0 + $1.tokenCount - 1 }
    #expect(
      explorer.screen.text(row: 1).contains(
        "/forge in the store's \(Figures.grouped(tokens)) tokens"))
    let without = try TemplateExplorer.make(columns: columns, rows: rows, withStore: false)
    without.type("/forge<Enter>")
    #expect(without.screen.text(row: 1).contains("/forge in kept contexts"))
    let final = try TemplateExplorer.make(columns: columns, rows: rows, positions: .last)
    final.type("/forge<Enter>")
    #expect(final.screen.text(row: 1).contains("in the store's 24 final positions"))
  }

  @Test func `labels and operators go on counting`() throws {
    let explorer = try TemplateExplorer.make(columns: 120, rows: 40)
    explorer.type("lmine alone<Enter>")
    let region = try #require(explorer.state.regions?.selected)
    #expect(try regions(explorer, "label:alone") == [region])
    explorer.type("<Esc>")
    let bake = try expected(explorer) { $1 == "bake" }
    let both = try expected(explorer) { $1 == "steal" }.intersection(bake)
    #expect(try regions(explorer, "token:bake AND token:steal") == both)
  }

  @Test func `sampled members have their contexts from the store`() throws {
    let explorer = try TemplateExplorer.make(columns: 120, rows: 40)
    let without = try TemplateExplorer.make(columns: 120, rows: 40, withStore: false)
    func sampled(_ explorer: ScriptedExplorer) throws -> [RegionSurroundings.Sampled] {
      explorer.type("3")
      return try #require(explorer.state.regions?.extras.surroundings?.sampled)
    }
    let known = try sampled(explorer)
    #expect(known.count > 20 && known.allSatisfy { $0.context != nil })
    #expect(try sampled(without).contains { $0.context == nil })
    for member in known {
      let context = try #require(member.context)
      #expect(abs(context.distance - member.distance) < 1e-4)
      #expect(context.text?.contains("how to") == true && context.token != nil)
    }
  }
}
