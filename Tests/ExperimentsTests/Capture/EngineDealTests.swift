import Engines
import Foundation
import Synchronization
import Testing

@testable import Experiments

@Suite(.timeLimit(.minutes(2)))
struct EngineDealTests {
  /// What came back, and what was told meanwhile.
  private final class Log {
    var answers: [Int] = []
    var engines: [Int] = []
  }

  private struct Stop: Error, Equatable {}

  private func loss(_ name: String) -> EngineError { EngineError(.ended, "ended", engine: name) }

  /// Deals out 0..<count; the answer to a piece is ten times it.
  private func run(
    _ deal: EngineDeal<Int, Int>, count: Int, _ log: Log = Log(), size: Int = 10,
    onAnswer: (Int) throws -> Void = { _ in }, onWait: () throws -> Void = {},
    _ body: @escaping EngineDeal<Int, Int>.Body
  ) throws {
    try deal.run(body) { add in
      for piece in 0..<count { try add(piece, size) }
    } onAnswer: { piece, answer, engine in
      #expect(answer == piece * 10)
      log.answers.append(piece)
      log.engines.append(engine)
      try onAnswer(piece)
    } onWait: {
      try onWait()
    }
  }

  @Test func `answers come back in order, and no more is in memory than the window`() throws {
    let begun = Mutex(0)
    let log = Log()
    let deal = EngineDeal<Int, Int>(engines: 3, window: 5)
    var most = 0
    let read: EngineDeal<Int, Int>.Body = { piece, _, _ in
      begun.withLock { $0 += 1 }
      // The first of every few is late, so that others wait behind it.
      usleep(piece.isMultiple(of: 7) ? 20_000 : 500)
      return piece * 10
    }
    func count() { most = max(most, begun.withLock { $0 } - log.answers.count + 1) }
    try run(deal, count: 80, log, onAnswer: { _ in count() }, onWait: count, read)
    #expect(log.answers == Array(0..<80))
    #expect(Set(log.engines) == [0, 1, 2])
    #expect(most <= 6, "\(most)")
  }

  @Test func `a slow engine holds a fast one up by one piece at most`() throws {
    let log = Log()
    let isStopped = Mutex(false)
    let deal = EngineDeal<Int, Int>(engines: 2, window: 4, patience: 0.05)
    try run(deal, count: 40, log) { piece, engine, report in
      guard engine == 0 else {
        usleep(1000)
        return piece * 10
      }
      // For good, but for the question whether anybody waits.
      do {
        while true {
          try report(1, 0)
          usleep(1000)
        }
      } catch {
        isStopped.withLock { $0 = true }
        throw error
      }
    }
    #expect(log.answers == Array(0..<40))
    #expect(Set(log.engines) == [1])
    #expect(isStopped.withLock { $0 })
    #expect(deal.losses == [nil, nil])
  }

  @Test func `what an engine had that fails goes to the others`() throws {
    let log = Log()
    let failed = loss("a")
    let deal = EngineDeal<Int, Int>(engines: 3, window: 6)
    let count = Mutex(0)
    try run(deal, count: 50, log) { piece, engine, _ in
      if engine == 0 {
        let had = count.withLock { count in
          count += 1
          return count
        }
        if had == 3 { throw failed }
      }
      usleep(1000)
      return piece * 10
    }
    #expect(log.answers == Array(0..<50))
    #expect(log.engines.count { $0 == 0 } == 2)
    #expect(deal.losses == [failed, nil, nil])
  }

  @Test func `with the last engine it ends, and what was answered before is given back`() throws {
    let log = Log()
    let names = ["a", "b"]
    let deal = EngineDeal<Int, Int>(engines: 2, window: 6)
    let errors = names.map(loss)
    let caught = #expect(throws: EngineError.self) {
      try run(deal, count: 50, log) { piece, engine, _ in
        usleep(1000)
        if piece >= 20 { throw errors[engine] }
        return piece * 10
      }
    }
    #expect(log.answers == Array(0..<20))
    #expect(deal.losses == errors.map(Optional.some))
    #expect(caught.map(errors.contains) == true)
  }

  @Test func `another error than an engine's ends it at once, and stops the other engines`() throws
  {
    let log = Log()
    let stopped = Mutex(0)
    let deal = EngineDeal<Int, Int>(engines: 3, window: 9)
    #expect(throws: Stop.self) {
      try run(deal, count: 50, log) { piece, _, report in
        if piece == 4 { throw Stop() }
        guard piece > 4 else { return piece * 10 }
        do {
          while true {
            try report(0, 0)
            usleep(1000)
          }
        } catch {
          stopped.withLock { $0 += 1 }
          throw error
        }
      }
    }
    #expect(log.answers == Array(0..<log.answers.count) && log.answers.count <= 4)
    #expect(stopped.withLock { $0 } <= 2)
  }

  @Test func `whoever waits can stop it, and so can whoever takes an answer`() throws {
    for isWaiting in [true, false] {
      let deal = EngineDeal<Int, Int>(engines: 2, window: 4)
      let read: EngineDeal<Int, Int>.Body = { piece, _, report in
        if piece == 0, !isWaiting { return 0 }
        while true {
          try report(0, 0)
          usleep(1000)
        }
      }
      #expect(throws: Stop.self) {
        try run(
          deal, count: 50, onAnswer: { _ in if !isWaiting { throw Stop() } },
          onWait: { if isWaiting { throw Stop() } }, read)
      }
    }
  }

  @Test func `how far pieces are is told while they are read, once for those that two read`() throws
  {
    let deal = EngineDeal<Int, Int>(engines: 2, window: 2, patience: 0.01)
    var seen = 0
    let read: EngineDeal<Int, Int>.Body = { piece, engine, report in
      for done in 1...5 {
        try report(done, 0)
        usleep(engine == 0 ? 30_000 : 3000)
      }
      return piece * 10
    }
    try run(deal, count: 6, onWait: { seen = max(seen, deal.live.tokens) }, read)
    #expect((1...10).contains(seen), "\(seen)")
    #expect(deal.live.tokens == 0)
  }
}
