import Foundation
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

/// Screens in states in which there is something to do.
private enum Situation: String, CaseIterable, CustomTestStringConvertible {
  case library, libraryMarked
  case regions, contexts, found, document, map, metrics, hits
  case compare, compareDetail, lineage
  case lab, labRun, labExperiments
  case trace, traceWriting
  case answers, answersReading
  case playground, playgroundWriting
  case results, result, resultsWithoutDictionary

  var testDescription: String { rawValue }

  func session() throws -> Session {
    switch self {
    case .library, .libraryMarked:
      let folder = try TemporaryFolder()
      for name in ["a", "b", "c"] { try SampleDictionary.write(to: folder.file("\(name).epdict")) }
      let explorer = try ScriptedExplorer(folder: folder, paths: [""])
      explorer.type(self == .library ? "j" : "jc")
      return explorer.state
    case .regions: return try sample("j")
    case .contexts: return try sample("j<Enter>")
    case .found: return try sample("/how<Enter>j")
    case .document: return try sample("j<Enter><Enter>")
    case .map: return try sample("jm")
    case .metrics: return try sample("%")
    case .hits: return try sample("/how<Enter>vj")
    case .compare: return try CompareFixture.withOutcomes().after("j")
    case .compareDetail: return try CompareFixture.compared().after("j<Enter>")
    case .lineage:
      let explorer = try CompareFixture.explorer(more: ["later"])
      return explorer.after("g<Space><Space><Space>cj")
    case .lab: return try LabExplorer.make(withModel: false).after("a")
    case .labRun: return try LabExplorer.make(withModel: false).after("a1<Tab>j")
    case .labExperiments: return try LabExplorer.make(withModel: false).after("a11S")
    case .trace: return try TraceExplorer.make().after("phow<Space>to<Space>bake<Enter>j")
    case .traceWriting: return try TraceExplorer.make().after("phow<Space>to")
    case .answers, .answersReading:
      let explorer = try Samples.explorer("smollm2-refusal.last.p10")
      return explorer.after(self == .answers ? "srAj" : "srAj<Enter>")
    case .playground, .playgroundWriting:
      let explorer = try LabExplorer.make()
      return explorer.after(self == .playground ? "Phow to bake<Enter>" : "Phow")
    case .results, .result:
      let explorer = try ScriptedExplorer()
      let notebook = try explorer.performer.openNotebook()
      for number in 1...3 {
        try notebook.save(
          SavedExperiment(
            identity: try #require(explorer.state.regions?.dictionary.identity), kind: .coverage,
            title: "result \(number)", conclusion: "share 0.5", isComplete: true,
            date: Date(timeIntervalSince1970: 1_700_000_000)), content: "{}")
      }
      return explorer.after(self == .results ? "Rj" : "Rj<Enter>")
    case .resultsWithoutDictionary:
      let folder = try TemporaryFolder()
      for name in ["a", "b"] { try SampleDictionary.write(to: folder.file("\(name).epdict")) }
      return try ScriptedExplorer(folder: folder, paths: [""]).after("R")
    }
  }

  private func sample(_ keys: String) throws -> Session { try ScriptedExplorer().after(keys) }
}

extension ScriptedExplorer {
  fileprivate func after(_ keys: String) -> Session {
    type(keys)
    return state
  }
}

@Suite struct CommandActionTests {
  /// Whether a command changes something, asks for something, or says why not.
  private func acts(_ command: Command, in before: Session) -> Bool {
    var session = before
    session.message = nil
    let still = session
    let effects = session.update(.run(command))
    return !effects.isEmpty || session.message != nil || session != still
  }

  /// What does nothing where it is so already, or where a list or a document ends.
  private static let settling: Set<Command> = [
    .showClosest, .showBoundary, .showSampled, .showNeighbours, .showStatistics, .showLens,
    .showOutcomes, .showNotes, .readContexts, .openMap, .openMetrics, .wholeMap, .zoomOut,
    .moveLeft, .moveRight, .nextToken, .previousToken, .activeToken, .nextMatch, .previousMatch,
    .showPersisted, .showDropped, .showIntroduced, .compareContexts, .compareFlow,
    .compareSummary, .usualCutoff, .lowerCutoff, .raiseCutoff, .trajectoryEarlier,
    .trajectoryLater,
  ]

  /// Away from where a screen begins.
  private func moved(_ session: Session) -> Session {
    var session = session
    let away: [Command] = [
      .nextToken, .zoomIn, .raiseCutoff, .showDropped, .compareFlow, .trajectoryLater,
    ]
    for command in away { _ = session.update(.run(command)) }
    return session
  }

  private func isSettled(_ command: Command) -> Bool {
    command.group == .moving || Self.settling.contains(command)
  }

  private func offered(in session: Session) -> Set<Command> {
    Set(Command.allCases.filter { $0.isInPalette && session.isPossible($0) })
  }

  /// What a key means there.
  private func bound(in session: Session) -> Set<Command> {
    let layers = session.layers
    return Set(
      Command.allCases.filter { !session.keymap.keys(for: $0, in: layers).isEmpty })
  }

  @Test(arguments: Situation.allCases)
  fileprivate func `every command that is offered acts, or says why not`(
    _ situation: Situation
  ) throws {
    let session = try situation.session()
    let silent = offered(in: session).filter { !isSettled($0) && !acts($0, in: session) }
    #expect(silent.map(\.rawValue).sorted() == [])
  }

  @Test(arguments: Situation.allCases)
  fileprivate func `every key acts, or says why not`(_ situation: Situation) throws {
    let session = try situation.session()
    let silent = bound(in: session).filter {
      $0.group != .fields && !isSettled($0) && !acts($0, in: session)
    }
    #expect(silent.map(\.rawValue).sorted() == [])
  }

  @Test func `every command that the palette may offer acts somewhere`() throws {
    let begun = try Situation.allCases.map { try $0.session() }
    let sessions = begun + begun.map(moved)
    for command in Command.allCases where command.isInPalette {
      #expect(
        sessions.contains { $0.isPossible(command) && acts(command, in: $0) },
        "\(command.rawValue)")
    }
  }

  @Test(arguments: Situation.allCases)
  fileprivate func `a command that is not offered says so`(_ situation: Situation) throws {
    let session = try situation.session()
    guard session.textField == nil else { return }
    for command in Command.allCases
    where command.isInPalette && command.group != .moving && !session.isPossible(command) {
      #expect(acts(command, in: session), "\(command.rawValue)")
    }
  }

  @Test func `every command has one row`() {
    #expect(
      Command.rows.map(\.command).sorted { $0.rawValue < $1.rawValue }
        == Command.allCases.sorted { $0.rawValue < $1.rawValue })
    #expect(Keymap.problems(in: Keymap.standardRows) == [])
  }

  @Test func `regions are sorted by stability from the palette, or it is said why not`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type(":sort-stable<Enter>")
    #expect(explorer.status.contains("exemplar stability STORE"))
  }

  @Test func `a click selects a result, and a second one opens it`() throws {
    var session = try Situation.results.session()
    let row = session.body.row + 1
    let press = { (row: Int) in
      Action.mouse(MouseEvent(.press, button: .left, row: row, column: 9))
    }
    _ = session.update(press(row + 2))
    #expect(session.results?.cursor == 2 && session.results?.page == nil)
    let effects = session.update(press(row + 2))
    #expect(session.results?.page != nil && !effects.isEmpty)
    _ = session.update(.mouse(MouseEvent(.wheelDown, button: .none, row: 3, column: 3)))
    #expect(session.results?.page != nil)
  }

  @Test(arguments: [Situation.trace, .results])
  fileprivate func `the tour, cancelling and growing a pane mean something there`(
    _ situation: Situation
  ) throws {
    let session = try situation.session()
    var touring = session
    _ = touring.update(.run(.tour))
    #expect(touring.tour?.step == 1 && touring.screen == .regions)
    var leaving = session
    _ = leaving.update(.run(.cancelOrQuit))
    #expect(leaving.overlay == .question(.leave))
    var growing = session
    _ = growing.update(.run(.growPane))
    #expect(growing.message?.text.contains("keep their sizes") == true)
  }

  @Test func `the palette says where a command changes nothing`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type(":closest<Enter>")
    #expect(explorer.status == "Closest contexts: nothing changes here")
  }
}
