import ExemplarPartitioning
import Experiments
import Foundation
import Storage
import Testing

@testable import Explorer

/// Regions that are the chat template's own: a column, a filter, a word at sight, and a fold.
struct TemplateRegionTests {
  /// The shares counted one activation at a time.
  private func slowShares(_ explorer: ScriptedExplorer) throws -> [Double?] {
    let store = try explorer.openedStore()
    let file = try DictionaryFile(explorer.folder.file("sample.epdict"))
    let centre = try file.centre()
    let exemplars = try file.exemplars(rows: 0..<file.regionCount)
    var (own, all) = ([Double](), [Double]())
    own = Array(repeating: 0, count: file.regionCount)
    all = own
    for document in try store.documents() {
      let marks = Set(try store.tokens(of: document).template ?? [])
      let rows = try store.rows(store.hooks[0].name, document.rows)
      for position in 1..<document.tokenCount {
        let unit = (0..<file.dimension).map { rows[position * file.dimension + $0] - centre[$0] }
        let products = (0..<file.regionCount).map { region in
          (0..<file.dimension).reduce(Float(0)) {
            $0 + unit[$1] * exemplars[region * file.dimension + $1]
          }
        }
        let nearest = products.indices.max { products[$0] < products[$1] } ?? 0
        all[nearest] += 1
        if marks.contains(Int32(position)) { own[nearest] += 1 }
      }
    }
    return zip(own, all).map { $1 == 0 ? nil : $0 / $1 }
  }

  @Test func `shares are those of the store's marks`() throws {
    let explorer = try TemplateExplorer.make(columns: 120, rows: 40)
    let shares = try #require(explorer.state.regions?.extras.template)
    let rows = try explorer.openedStore().documents().reduce(0) { $0 + $1.tokenCount - 1 }
    #expect(shares.basis == .store("tiny.epstore", rows: rows))
    let expected = try slowShares(explorer)
    #expect(shares.shares.count == expected.count)
    for (found, wanted) in zip(shares.shares, expected) {
      #expect(found == nil ? wanted == nil : abs(found! - (wanted ?? -1)) < 0.05)
    }
    #expect(shares.shares.contains { $0 ?? 0 > 0.5 } && shares.shares.contains { $0 ?? 1 < 0.5 })
  }

  @Test func `the column, its order and its filter need no tab first`() throws {
    let explorer = try TemplateExplorer.make(columns: 120, rows: 40)
    explorer.type("ftemplate < 0.5<Enter>")
    let shares = try #require(explorer.state.regions?.extras.template?.shares)
    let rows = (explorer.state.regions?.rows ?? []).map { Int($0) }
    #expect(!rows.isEmpty && rows.count < shares.count)
    #expect(rows.sorted() == shares.indices.filter { shares[$0].map { $0 < 0.5 } ?? false })
    explorer.type("<Esc>sh")
    let sorted = (explorer.state.regions?.rows ?? []).map { shares[Int($0)] ?? -1 }
    #expect(sorted == sorted.sorted(by: >))
    explorer.state.regions?.columns = [.template]
    #expect(explorer.text.contains("template"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a key folds them away, the title says so, and the key brings them back`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try TemplateExplorer.make(columns: columns, rows: rows)
    let all = try #require(explorer.state.regions?.rows.count)
    let shares = try #require(explorer.state.regions?.extras.template)
    let hidden = (0..<all).filter { shares.isTemplate($0) }
    #expect(!hidden.isEmpty && hidden.count < all)
    #expect(explorer.text.contains("— template "))
    explorer.type("H")
    let shown = (explorer.state.regions?.rows ?? []).map { Int($0) }
    #expect(Set(shown).isDisjoint(with: hidden) && shown.count == all - hidden.count)
    #expect(explorer.screen.text(row: 1).contains("\(hidden.count) template region"))
    #expect(!explorer.text.contains("— template "))
    #expect(explorer.status.contains("tiny.epstore"))
    explorer.type("#\(hidden[0])<Enter>")
    #expect(explorer.state.regions?.selected == hidden[0])
    #expect(explorer.status.contains("shown again"))
    explorer.type("H")
    explorer.type("H")
    #expect(explorer.state.regions?.rows.count == all)
    #expect(!explorer.screen.text(row: 1).contains("hidden"))
  }

  @Test func `where nothing marks them the kept contexts' special tokens count, and it is said`()
    throws
  {
    for (isMarked, withStore, why) in [
      (false, true, "tiny.epstore does not say"), (true, false, "no store is attached"),
    ] {
      let explorer = try TemplateExplorer.make(
        isMarked: isMarked, recordsTemplate: false, withStore: withStore)
      let shares = try #require(explorer.state.regions?.extras.template)
      #expect(shares.words.contains("kept contexts") && shares.words.contains(why))
      #expect(shares.shares.contains { $0 ?? 0 > 0 })
    }
  }

  @Test func `a store of before marks that records a published format gives the same shares`()
    throws
  {
    let marked = try TemplateExplorer.make().state.regions?.extras.template
    let older = try TemplateExplorer.make(isMarked: false).state.regions?.extras.template
    #expect(marked != nil && older == marked)
  }

  @Test func `the samples' stores do, and more than one region there is the template's own`() throws
  {
    let explorer = try Samples.explorer("smollm2-instruct.all.p10")
    let shares = try #require(explorer.state.regions?.extras.template)
    #expect(shares.words.contains("smollm2-instruct.epstore"))
    let regions = (0..<44).filter(shares.isTemplate)
    #expect([0, 1, 9, 10].allSatisfy(regions.contains) && regions.count < 30)
  }

  @Test func `final positions are the template's by choice, so none is folded`() throws {
    let explorer = try TemplateExplorer.make(positions: .last)
    explorer.type("H")
    #expect(explorer.status.contains("final positions"))
    #expect(explorer.state.regions?.hidesTemplate == false)
    #expect(!explorer.text.contains("— template "))
  }

  @Test func `a dictionary of content has no such region`() throws {
    let explorer = try TemplateExplorer.make(positions: .content)
    #expect(explorer.state.regions?.dictionary.provenance.positions == "content")
    let shares = try #require(explorer.state.regions?.extras.template?.shares)
    #expect(shares.allSatisfy { $0 == 0 || $0 == nil })
  }
}
