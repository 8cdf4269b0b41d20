import Experiments
import Foundation
import LanguageModel
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct TraceScreenTests {
  @Test func `a text is traced as it is typed, and says what it stands on`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("p")
    #expect(explorer.text.contains("type, or paste a text"))
    #expect(explorer.status == "model will run the text · nothing is traced yet")
    explorer.type("how<Space>to")
    let reading = try #require(explorer.state.trace?.reading)
    #expect(reading.ownText == "how to")
    #expect(reading.tokens.count >= 6)
    #expect(explorer.text.contains("inside "))
    #expect(explorer.status.hasPrefix("measured with model: \(reading.tokens.count) tokens, 1 run"))
    #expect(explorer.state.trace?.cursor == reading.tokens.count - 1)
  }

  @Test func `what typing letter by letter finds is what the whole text has`() throws {
    let typed = try TraceExplorer.make()
    typed.type("phow<Space>to<Space>bax<Backspace>ke")
    let pasted = try TraceExplorer.make()
    pasted.type("p")
    pasted.act(.paste("how to bake", isTruncated: false))
    let (first, second) = (typed.state.trace?.reading?.tokens, pasted.state.trace?.reading?.tokens)
    #expect(first?.map(\.id) == second?.map(\.id))
    #expect(first?.map { $0.hits.map(\.region) } == second?.map { $0.hits.map(\.region) })
    let differences = zip(first ?? [], second ?? []).map {
      abs($0.hits[0].distance - $1.hits[0].distance)
    }
    #expect((differences.max() ?? 1) < 1e-4)
  }

  @Test func `a token leads to its region, and the trace is still there on the way back`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("phow<Space>to<Enter>kk<Enter>")
    let trace = try #require(explorer.state.trace)
    let region = try #require(trace.reading?.tokens[trace.cursor].hits[0].region)
    #expect(explorer.state.screen == .regions)
    #expect(explorer.state.regions?.selected == region)
    #expect(explorer.status.hasSuffix("p goes back"))
    explorer.type("p")
    #expect(explorer.state.screen == .trace)
    #expect(explorer.state.trace?.text == "how to")
    #expect(explorer.state.trace?.focus == .tokens)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `a trace is exported token by token, and the lab no list of dictionaries`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("phow<Space>to<Enter>")
    let reading = try #require(explorer.state.trace?.reading)
    let lines = try #require(explorer.table).text(.tsv).split(separator: "\n")
    #expect(lines.count == reading.tokens.count + 1)
    #expect(lines[0].hasPrefix("position\ttoken\tdictionary\thook\tregion\tlabel\tdistance"))
    let last = lines[lines.count - 1].split(separator: "\t", omittingEmptySubsequences: false)
    #expect(last[4] == "\(try #require(reading.tokens.last).hits[0].region)")
    explorer.type("E")
    guard case .export(let field) = explorer.state.overlay else {
      Issue.record("E asks for no name")
      return
    }
    #expect(field.text == "trace.tsv")
    explorer.type("<Esc><Esc>a")
    #expect(explorer.state.screen == .lab)
    #expect(explorer.table == nil)
  }

  @Test func `a context is traced from where it is read`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("<Enter>")
    let context = try #require(
      explorer.state.regions.flatMap { $0.detail?.contexts(.closest).first?.text })
    explorer.type("p")
    #expect(explorer.state.trace?.text == context)
    #expect(explorer.state.trace?.reading?.ownText == context)
    #expect(explorer.text.contains("as it is, no template"))
  }

  @Test func `every layer of the model is followed at once, by depth`() throws {
    let explorer = try TraceExplorer.make(columns: 100, rows: 40)
    explorer.type("phow<Space>to<Space>bake<Enter>")
    #expect(explorer.keys.contains("L all 2 layers"))
    explorer.type("L")
    let trace = try #require(explorer.state.trace)
    #expect(trace.reading?.layers == [0, 1])
    #expect(trace.subject?.layers.map(\.hook) == TraceExplorer.hooks.map(\.name))
    #expect(explorer.text.contains("▸0 resid_post"))
    explorer.type("v")
    #expect(explorer.row(with: "0 → 2") != nil)
    #expect(explorer.row(with: "kept") != nil)
    let flow = try #require(trace.flow(from: 0))
    #expect(flow.counts.values.reduce(0, +) == trace.reading?.tokens.count)
    explorer.type("l")
    #expect(explorer.state.trace?.column == 1)
    explorer.type("<Enter>")
    #expect(explorer.state.regions?.dictionary.name == "upper.epdict")
  }

  @Test func `without weights stored documents are traced, and what is missing is said`() throws {
    let explorer = try TraceExplorer.make(withModel: false)
    explorer.type("pabc")
    #expect(explorer.text.contains("start with --model tiny"))
    #expect(explorer.text.contains("24 captured documents of tiny.epstore"))
    #expect(explorer.state.trace?.reading == nil)
    explorer.type("<Enter>")
    #expect(explorer.text.contains("documents of tiny.epstore"))
    explorer.type("forge")
    #expect(explorer.state.trace?.documentList.rows.count == 4)
    explorer.type("<Down><Enter>")
    let trace = try #require(explorer.state.trace)
    #expect(trace.text.contains("forge"))
    #expect(trace.reading?.tokens.count == trace.text.utf8.count)
    #expect(explorer.status.contains("from the activations of tiny.epstore, as captured"))
  }

  @Test func `a stored document reads the same from the store and from the weights`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("pa<Enter>o<Enter>")
    let stored = try #require(explorer.state.trace?.reading)
    #expect(stored.source == .document(0))
    explorer.type("ix<Backspace>")
    let run = try #require(explorer.state.trace?.reading)
    #expect(run.ownText == stored.text)
    let tail = run.tokens.suffix(stored.tokens.count)
    #expect(tail.map { $0.hits[0].region } == stored.tokens.map { $0.hits[0].region })
    #expect(zip(tail, stored.tokens).allSatisfy { abs($0.hits[0].ratio - $1.hits[0].ratio) < 1e-3 })
  }

  @Test func `with neither weights nor store the screen says what is missing`() throws {
    let explorer = try TraceExplorer.make(withStore: false, withModel: false)
    explorer.type("phello")
    #expect(
      explorer.text.contains("no store lies beside the dictionary either: start with --store"))
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `answers to an older text are shown until the next comes, and never after it`() throws
  {
    let explorer = try TraceExplorer.make()
    explorer.type("pho")
    var state = explorer.state
    let older = try #require(state.trace?.reading)
    let first = try #require(state.update(.key(KeyPress(.character("w")))).first)
    let second = try #require(state.update(.key(KeyPress(.character("s")))).first)
    #expect(first.slot == second.slot)
    #expect(state.trace?.readBytes == 2)
    var newer = older
    newer.text += "w"
    newer.own = 0..<3
    _ = state.update(.replied(first.id, TraceWork.reply(.traced(newer))))
    #expect(state.trace?.reading?.ownText == "how")
    #expect(state.trace?.awaited == second.id)
    _ = state.update(.replied(second.id, .failed("the text is too long")))
    #expect(state.trace?.runFailure == "the text is too long")
    _ = state.update(.replied(first.id - 1, TraceWork.reply(.traced(older))))
    #expect(state.trace?.reading?.ownText == "how")
  }

  @Test func `a text longer than the model's context is refused in words`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("p")
    explorer.act(.paste(String(repeating: "long ", count: 200), isTruncated: false))
    #expect(explorer.status.contains("expected at most the 256 tokens of the model's context"))
    explorer.type("<C-u>ok")
    #expect(explorer.state.trace?.reading?.ownText == "ok")
  }

  @Test func `a run that nobody wants any more ends, and what it did is not lost or wrong`() throws
  {
    let explorer = try TraceExplorer.make()
    explorer.type("px")
    let subject = try #require(explorer.state.trace?.subject)
    let url = try #require(explorer.state.trace?.dictionary)
    let long = String(repeating: "how to bake ", count: 16)
    func run(_ text: String, isCancelled: Bool) -> Reply {
      let work = TraceWork.run(
        TraceRequest(
          dictionary: url, layers: [subject.own], dictionaries: [url],
          source: .text(text, isChat: false)))
      return explorer.performer.perform(
        .ofScreen(AnyScreenWork(work: work)), isCancelled: { isCancelled })
    }
    #expect(run(long, isCancelled: true) == .superseded)
    guard
      case .traced(let reading) = run(long, isCancelled: false).result(of: TraceWork.self),
      case .traced(let short) = run("how", isCancelled: false).result(of: TraceWork.self)
    else {
      Issue.record("no reading")
      return
    }
    #expect(reading.tokens.count >= long.utf8.count)
    #expect(reading.reused >= 128)
    #expect(reading.tokens.enumerated().allSatisfy { $0.offset == $0.element.position })
    #expect(
      short.tokens.map(\.hits) == Array(reading.tokens.prefix(short.tokens.count)).map(\.hits))
  }

  @Test func `line breaks are kept, shown and moved over`() throws {
    let explorer = try TraceExplorer.make()
    explorer.type("pa")
    explorer.act(.paste("\nb\tc", isTruncated: false))
    explorer.type("<A-Enter>d")
    #expect(explorer.state.trace?.text == "a\nb\tc\nd")
    #expect(explorer.row(with: "a⏎") != nil)
    explorer.type("<Up><Up>x")
    #expect(explorer.state.trace?.text == "ax\nb\tc\nd")
  }

  @Test(arguments: [(80, 24), (200, 60), (60, 16)])
  func `every panel is drawn at every size`(columns: Int, rows: Int) throws {
    let explorer = try TraceExplorer.make(columns: columns, rows: rows)
    for keys in [
      "phow<Space>to<Space>paint", "<Enter>", "L", "v", "z", "z", "v", "n", "N", "o", "<Esc>", "G",
    ] {
      explorer.type(keys)
      #expect(explorer.screen.columns == columns)
    }
    #expect(explorer.text.contains("Trace"))
  }

  @Test func `the last positions of a dictionary built over them are what counts`() throws {
    let explorer = try TraceExplorer.make(positions: .last)
    explorer.type("phow<Space>to")
    #expect(explorer.text.contains("final position: d/θ"))
    // The smallest screen has room for the reason too.
    #expect(explorer.text.contains("built of final ones: others "))
  }
}

@Suite struct RegionStackTests {
  @Test func `regions get rows by their tokens, in the order of the text`() {
    let stack = RegionStack([4, 4, 4, 9, 2, 2], rows: 12)
    #expect(stack.nodes.map(\.region) == [4, 9, 2])
    #expect(stack.nodes.reduce(0) { $0 + $1.rows.count } == 10)
    #expect(stack.nodes[0].rows.count > stack.nodes[1].rows.count)
    #expect(stack.heights.allSatisfy { $0 >= 0 && $0 < 12 })
  }

  @Test func `where there are too many the smallest share a block`() {
    let stack = RegionStack([0, 1, 2, 3, 3, 3, 4], rows: 3)
    #expect(stack.nodes.count == 3)
    #expect(stack.nodes.last?.region == nil)
    #expect(stack.nodes.last?.regionCount == 3)
    #expect(stack.nodes.reduce(0) { $0 + $1.tokens.count } == 7)
  }
}
