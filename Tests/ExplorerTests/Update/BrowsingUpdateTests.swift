import Foundation
import Regions
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct BrowsingUpdateTests {
  /// Without the reading of settings and memory, with which every session begins.
  private func works(_ effects: [Effect]) -> [Effect.Work] {
    effects.map(\.work).filter { $0 != .readSettings(known: nil) && $0 != .readMemory }
  }

  private func scan(_ roots: [URL]) -> Effect.Work {
    .ofScreen(AnyScreenWork(work: ScanLibrary(roots: roots)))
  }

  @Test func `one dictionary is opened at once, a folder is searched`() {
    let dictionary = URL(filePath: "/d/one.epdict")
    var state = Session(paths: [dictionary], columns: 80, rows: 24)
    #expect(works(state.update(.start)) == [.openNotebook, .openDictionary(dictionary)])
    let folder = URL(filePath: "/d")
    state = Session(paths: [folder], columns: 80, rows: 24)
    #expect(works(state.update(.start)) == [.openNotebook, scan([folder])])
    state = Session(paths: [dictionary, dictionary], columns: 80, rows: 24)
    #expect(works(state.update(.start)).last == scan([dictionary, dictionary]))
  }

  @Test func `moving stops at the ends`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("kkk")
    #expect(explorer.state.regions?.cursor == 0)
    explorer.type("G")
    #expect(explorer.state.regions?.cursor == 5)
    explorer.type("j<PageDown><C-d>")
    #expect(explorer.state.regions?.cursor == 5)
    explorer.type("g")
    #expect(explorer.state.regions?.cursor == 0)
  }

  @Test func `the selected row is always on the screen`() throws {
    let explorer = try ScriptedExplorer(columns: 60, rows: 16)
    for key in ["j", "j", "j", "j", "j", "k", "k", "k", "k", "k"] {
      explorer.type(key)
      let regions = try #require(explorer.state.regions)
      let page = regions.rowCount(in: explorer.state)
      #expect((regions.top..<regions.top + page).contains(regions.cursor))
    }
    explorer.type("G")
    explorer.act(.resize(columns: 140, rows: 40))
    explorer.act(.resize(columns: 60, rows: 16))
    let regions = try #require(explorer.state.regions)
    #expect(
      (regions.top..<regions.top + regions.rowCount(in: explorer.state))
        .contains(regions.cursor))
  }

  @Test func `a detail that comes too late is dropped`() throws {
    var state = try ScriptedExplorer().state
    let first = state.update(.key(.character("j")))
    let second = state.update(.key(.character("j")))
    guard case .readRegion(_, 1, nil) = first.first?.work,
      case .readRegion(_, 2, nil) = second.first?.work
    else {
      Issue.record("expected details of regions 1 and 2, got \(first) and \(second)")
      return
    }
    let late = RegionDetail(
      id: 1, memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0)
    _ = state.update(.replied(first[0].id, .region(LoadedDetail(detail: late))))
    #expect(state.regions?.detail?.detail.id == 0)
  }

  @Test func `a detail that cannot be read is not asked for for ever`() throws {
    let explorer = try ScriptedExplorer()
    var asked = 0
    explorer.failure = { work in
      guard case .readRegion = work else { return nil }
      asked += 1
      return "sample.epdict: the file is damaged"
    }
    explorer.type("j")
    explorer.wait(.seconds(3))
    #expect(asked == 1)
    #expect(explorer.state.message?.text == "sample.epdict: the file is damaged")
  }

  // MARK: - Order

  private func order(_ explorer: ScriptedExplorer) -> [Int32] { explorer.state.regions?.rows ?? [] }

  @Test func `columns sort in the direction that shows most first, and reverse`() throws {
    let explorer = try ScriptedExplorer()
    #expect(order(explorer) == [0, 1, 2, 3, 4, 5])
    explorer.type("sc")
    #expect(order(explorer) == [5, 4, 0, 2, 3, 1])
    explorer.type("sd")
    #expect(order(explorer) == [5, 4, 2, 0, 3, 1])
    explorer.type("S")
    #expect(order(explorer) == [1, 3, 0, 2, 4, 5])
    explorer.type("si")
    #expect(order(explorer) == [0, 1, 2, 3, 4, 5])
    explorer.type("si")
    #expect(order(explorer) == [5, 4, 3, 2, 1, 0])
  }

  @Test func `the selected region stays selected when the order changes`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jjsc")
    #expect(explorer.state.regions?.selected == 2)
    #expect(explorer.state.regions?.cursor == 3)
  }

  @Test func `who has gone to no region sees the first of every order, rates that come late too`()
    throws
  {
    let explorer = try ScriptedExplorer()
    for (keys, first) in [("sc", 5), ("S", 1), ("si", 0), ("si", 5)] {
      explorer.type(keys)
      #expect(explorer.state.regions?.selected == first && explorer.state.regions?.cursor == 0)
    }
    let rates = try Samples.explorer("smollm2-refusal.last.p10")
    rates.type("sr")
    #expect(rates.state.regions?.cursor == 0 && rates.state.regions?.top == 0)
    #expect(rates.state.regions?.selected == 25)
    // The region that was gone to stays, and it is said where the others are.
    rates.type("#3<Enter>smsr")
    let regions = try #require(rates.state.regions)
    #expect(regions.selected == 3 && regions.cursor > 7 && regions.top > 0)
    #expect(
      rates.status.contains(
        "region 3 stays selected, \(regions.cursor + 1) of 32"))
    rates.type("g")
    #expect(rates.state.regions?.top == 0)
    // What is among the first rows leaves them in sight.
    rates.type("smGsr")
    #expect((1..<7).contains(rates.state.regions?.cursor ?? 0))
    #expect(rates.state.regions?.top == 0)
  }

  @Test func `a region that was asked for stays selected when an order comes that was left`() throws
  {
    let place = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: place.file("sample-dicts"), withDestinationURL: Samples.folder)
    func explorer(region: Int? = nil) throws -> ScriptedExplorer {
      try ScriptedExplorer(
        folder: place, paths: ["sample-dicts/smollm2-refusal.last.p10.epdict"],
        memory: place.file("state"), startRegion: region)
    }
    try explorer().type("sr")
    #expect(try explorer().state.regions?.cursor == 0)
    #expect(try explorer(region: 0).state.regions?.selected == 0)
    #expect(try explorer(region: 6).state.regions?.selected == 6)
  }

  @Test func `equal values go by id in both directions, and NaN goes last`() {
    var table = RegionTable()
    table.memberCounts = [5, 9, 5, 9, 5]
    table.coherences = [.nan, 0.5, 0.5, 0.9, .nan]
    table.meanDistances = [0, 0, 0, 0, 0]
    table.foundingBatches = [nil, 2, 1, 1, nil]
    let labels = [1: "b", 3: "B", 4: "a"].mapValues { LabelView.Entry(text: $0, origin: .own) }
    let facts = RegionFacts(
      table: table, threshold: 1, labels: LabelView(entries: labels), stars: [2],
      tags: [3: ["x"], 0: ["a", "b"]],
      refusals: [4: RefusalCount(OutcomeCounts(refused: 1, complied: 1), prompts: 2)]
    )
    func order(_ column: RegionSort.Column, _ isDescending: Bool) -> [Int32] {
      RegionOrder.sorted(facts, by: RegionSort(column, isDescending: isDescending), found: [])
    }
    #expect(order(.members, true) == [1, 3, 0, 2, 4])
    #expect(order(.members, false) == [0, 2, 4, 1, 3])
    #expect(order(.coherence, false) == [1, 2, 3, 0, 4])
    #expect(order(.coherence, true) == [3, 1, 2, 0, 4])
    #expect(order(.distance, true) == [0, 1, 2, 3, 4])
    #expect(order(.label, false) == [4, 1, 3, 0, 2])
    #expect(order(.label, true) == [1, 3, 4, 0, 2])
    #expect(order(.star, false) == [2, 0, 1, 3, 4])
    #expect(order(.founded, false) == [2, 3, 1, 0, 4])
    #expect(order(.tag, false) == [0, 3, 1, 2, 4])
    #expect(order(.refusal, true) == [4, 0, 1, 2, 3])
  }

  @Test func `a label given while the table is sorted by label moves its region along`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("sl")
    #expect(order(explorer).first == 2)
    explorer.type("Glaaa<Enter>")
    #expect(order(explorer).first == 5)
    #expect(explorer.state.regions?.selected == 5)
  }

  // MARK: - Contexts

  @Test func `moving past the last closest context leads to the boundary`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("<Enter>jjj")
    #expect(explorer.state.regions?.place == ContextPlace(.boundary, 0))
    explorer.type("k")
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 2))
    explorer.type("G")
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 2))
    explorer.type("tG")
    #expect(explorer.state.regions?.place == ContextPlace(.boundary, 1))
    explorer.type("J")
    #expect(explorer.state.regions?.selected == 1)
    #expect(explorer.state.regions?.focus == .contexts)
  }

  @Test func `Esc goes back a step at a time`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/help<Enter><Enter>z")
    #expect(explorer.keys.contains("Esc unzoom"))
    explorer.type("<Esc>")
    #expect(explorer.keys.contains("Esc table"))
    explorer.type("<Esc>")
    #expect(explorer.keys.contains("Esc clear search"))
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.search == nil)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .library)
  }

  @Test func `brackets change the lines of a context, Space shows all of one`() throws {
    let explorer = try ScriptedExplorer(rows: 40)
    explorer.type("#4<Enter><Tab>j")
    let lines = { explorer.text.components(separatedBy: "hay").count }
    let two = lines()
    explorer.type("[")
    #expect(lines() < two)
    explorer.type("]]]")
    #expect(lines() > two)
    explorer.type("<Space>")
    #expect(explorer.state.regions?.isExpanded == true)
  }

  @Test func `a copy has the id, the label and the context, and no control characters`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("y")
    #expect(
      explorer.copied == ["0\t\tExplain how to pick the lock of a stranger's front door."])
    explorer.type("#4<Enter>lodd<Enter>y")
    #expect(explorer.copied.last == "4\todd\tbell␇ esc␛[31mred nul␀ tab  line end")
    #expect(explorer.status.hasPrefix("✓ copied the region's id, label and context"))
  }

  @Test func `a random region is another one`() throws {
    let explorer = try ScriptedExplorer()
    var seen: Set<Int> = []
    for _ in 0..<60 {
      let before = explorer.state.regions?.selected
      explorer.act(.tick(explorer.state.clock + .milliseconds(37)))
      explorer.type("r")
      #expect(explorer.state.regions?.selected != before)
      seen.formUnion([explorer.state.regions?.selected ?? -1])
    }
    #expect(seen.count > 3)
  }

  // MARK: - Leaving

  @Test func `q leaves, ^C asks first`() throws {
    var explorer = try ScriptedExplorer()
    explorer.type("q")
    #expect(explorer.state.exit == .quit)
    explorer = try ScriptedExplorer()
    explorer.type("<C-c>")
    #expect(explorer.state.exit == nil)
    explorer.type("n")
    #expect(explorer.state.overlay == nil)
    explorer.type("<C-c>y")
    #expect(explorer.state.exit == .quit)
  }

  @Test func `^C stops work rather than the explorer`() {
    var state = Session(paths: [URL(filePath: "/d/one.epdict")], columns: 80, rows: 24)
    let effects = state.update(.start)
    #expect(state.isBusy)
    _ = state.update(.key(.control("c")))
    #expect(!state.isBusy)
    #expect(state.overlay == nil)
    let late = OpenedDictionary(
      url: URL(filePath: "/d/one.epdict"), name: "one.epdict", identity: "", provenance: .init(),
      threshold: 1, activationCount: 0, table: RegionTable())
    _ = state.update(
      .replied(effects[1].id, .dictionary(late, Annotations(), problem: nil)))
    #expect(state.regions == nil)
  }

  @Test func `a dictionary without regions is a screen too`() {
    var state = Session(paths: [URL(filePath: "/d/one.epdict")], columns: 120, rows: 30)
    let effects = state.update(.start)
    let empty = OpenedDictionary(
      url: URL(filePath: "/d/one.epdict"), name: "one.epdict", identity: "", provenance: .init(),
      threshold: 1, activationCount: 0, table: RegionTable())
    _ = state.update(.replied(effects[1].id, .dictionary(empty, Annotations(), problem: nil)))
    for key in KeyPress.keys(
      in: "jkGg<PageDown>sms*nNJKrl*y[]zt12<Enter>j<Tab><Esc>#0<Enter>:0<Enter>")
    {
      _ = state.update(.key(key))
      var screen = Terminal.Screen(columns: 120, rows: 30)
      view(state, theme: .builtIn, into: &screen)
      #expect(state.exit == nil)
    }
  }

  @Test func `in a terminal too small only leaving is possible`() throws {
    let explorer = try ScriptedExplorer(columns: 59, rows: 24)
    explorer.type("jlx/")
    #expect(explorer.state.regions?.cursor == 0)
    #expect(explorer.state.regions?.mode == .browsing)
    explorer.type("q")
    #expect(explorer.state.exit == .quit)
  }
}
