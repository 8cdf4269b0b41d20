import Regions
import Storage
import Terminal
import Testing

@testable import Explorer

@Suite struct SearchUpdateTests {
  private func browsing() throws -> Session { try ScriptedExplorer().state }

  private func searches(_ effects: [Effect]) -> [Effect] {
    effects.filter { if case .search = $0.work { true } else { false } }
  }

  @Test func `every key asks, and only the last answer counts`() throws {
    var state = try browsing()
    _ = state.update(.key(.character("/")))
    let first = try #require(searches(state.update(.key(.character("a")))).first)
    let second = try #require(searches(state.update(.key(.character("b")))).first)
    #expect(second.id > first.id)
    _ = state.update(
      .replied(first.id, .found(SearchResult(regions: [1], hits: []), milliseconds: 3)))
    #expect(state.regions?.search?.result == nil)
    _ = state.update(
      .replied(second.id, .found(SearchResult(regions: [2, 0], hits: []), milliseconds: 3)))
    #expect(state.regions?.rows == [2, 0])
    #expect(state.regions?.selected == 2)
  }

  @Test func `the last word may go on`() throws {
    var state = try browsing()
    _ = state.update(.key(.character("/")))
    let effect = try #require(searches(state.update(.key(.character("a")))).first)
    guard case .search(_, let query, _) = effect.work else { return }
    #expect(query == SearchQuery(typing: "a"))
  }

  @Test func `an answer to a search that was left is dropped`() throws {
    var state = try browsing()
    _ = state.update(.key(.character("/")))
    let effect = try #require(searches(state.update(.key(.character("a")))).first)
    _ = state.update(.key(KeyPress(.escape)))
    _ = state.update(
      .replied(effect.id, .found(SearchResult(regions: [1], hits: []), milliseconds: 3)))
    #expect(state.regions?.search == nil)
    #expect(state.regions?.rows.count == 6)
  }

  @Test func `Esc while typing goes back to where the search began`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jj/lock")
    #expect(explorer.state.regions?.selected == 0)
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.selected == 2)
    #expect(explorer.state.regions?.sort == RegionSort(.members))
  }

  @Test func `a kept filter is cleared by Esc, and what was found stays selected`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/kitchen<Enter>n")
    let found = explorer.state.regions?.selected
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.search == nil)
    #expect(explorer.state.regions?.rows.count == 6)
    #expect(explorer.state.regions?.selected == found)
  }

  @Test func `n and N go round the matches`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/kitchen<Enter>")
    let rows = try #require(explorer.state.regions?.rows)
    #expect(rows.count == 2)
    explorer.type("n")
    #expect(explorer.state.regions?.selected == Int(rows[1]))
    explorer.type("n")
    #expect(explorer.state.regions?.selected == Int(rows[0]))
    #expect(explorer.status == "from the first match again")
    explorer.type("N")
    #expect(explorer.state.regions?.selected == Int(rows[1]))
  }

  @Test func `among contexts n goes to the next one that matches`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/kitchen<Enter><Enter>g")
    #expect(explorer.state.regions?.selected == 0)
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 0))
    explorer.type("n")
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 2))
    explorer.type("n")
    #expect(explorer.state.regions?.place == ContextPlace(.boundary, 1))
    explorer.type("n")
    #expect(explorer.state.regions?.selected == 1)
    #expect(explorer.state.regions?.focus == .contexts)
  }

  @Test func `a region is shown from its first match on`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/sorry<Enter>")
    let rows = explorer.state.regions?.rows ?? []
    #expect(rows.contains(0))
    explorer.type("#0<Enter>")
    // Region 0 has the word at its boundary alone.
    #expect(explorer.state.regions?.place == ContextPlace(.boundary, 0))
  }

  @Test func `sorting a filtered table keeps it filtered, and clearing keeps the new order`() throws
  {
    let explorer = try ScriptedExplorer()
    explorer.type("/help<Enter>si")
    #expect(explorer.state.regions?.rows == [0, 1, 2])
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.sort == RegionSort(.id))
    #expect(explorer.state.regions?.rows == [0, 1, 2, 3, 4, 5])
  }

  @Test func `a mistake keeps Enter from leaving the field`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/lock )<Enter>")
    #expect(explorer.state.textField?.text == "lock )")
    #expect(explorer.state.message?.kind == .error)
    #expect(explorer.state.regions?.rows.count == 2)
  }

  @Test func `a paste of several lines is one query`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/")
    explorer.act(.paste("lock\ndoor\u{1B}", isTruncated: false))
    #expect(explorer.state.textField?.text == "lock door")
    #expect(explorer.state.regions?.rows.count == 2)
  }

  @Test func `a search that fails says so and can go on`() throws {
    let explorer = try ScriptedExplorer()
    explorer.failure = { work in
      if case .search = work { "sample.epdict: the file is damaged" } else { nil }
    }
    explorer.type("/lock")
    #expect(explorer.state.log.last?.text == "sample.epdict: the file is damaged")
    #expect(!explorer.state.isBusy)
    explorer.failure = { _ in nil }
    explorer.type("s")
    #expect(explorer.state.regions?.search?.result != nil)
  }

  @Test func `a region outside the filter can be gone to`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/lock<Enter>:4<Enter>")
    #expect(explorer.state.regions?.selected == 4)
    #expect(explorer.state.regions?.search == nil)
    #expect(explorer.status.contains("does not match the search"))
  }
}
