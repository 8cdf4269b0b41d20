import Engines
import Foundation

/// Pieces of work that are dealt out to several engines as each becomes free; what comes of them is given back in their order.
///
/// An engine that fails is left out from there on, and what it had goes to the others. One that has nothing else to do takes
/// over what another has had for much longer than it would need itself, and the first answer counts, so that a slow engine
/// beside a fast one costs no time. No more than `window` pieces are begun or wait to be given back: memory is bounded
/// however far apart the engines are.
///
/// Unchecked because one lock is around all that changes.
final class EngineDeal<Work: Sendable, Answer: Sendable>: @unchecked Sendable {
  /// Told how far a piece is; throws where nobody waits for it any more.
  typealias Report = (_ tokens: Int, _ newTokens: Int) throws -> Void
  typealias Body =
    @Sendable (
      _ work: Work, _ engine: Int, _ report: @escaping Report
    ) throws -> Answer

  private struct Piece {
    var work: Work
    /// In any unit that grows with the time it takes.
    var size: Int
    /// Since when an engine has had it.
    var readers: [Int: ContinuousClock.Instant] = [:]
    var answer: (value: Answer, engine: Int)?
    var live: [Int: (tokens: Int, newTokens: Int)] = [:]
  }

  private struct Member {
    var loss: EngineError?
    var (seconds, size) = (0.0, 0)
  }

  private let window: Int
  private let patience: Double
  private let lock = NSCondition()
  private var members: [Member]
  /// Those that are not given back yet; the first has the number `first`.
  private var pieces: [Piece] = []
  private var first = 0
  private var isClosed = false
  private var isStopped = false
  private var failure: (any Error)?
  private var running = 0

  /// - Parameters:
  ///   - window: pieces that are begun and not given back, at most.
  ///   - patience: seconds that an engine has for a piece before another may take it over.
  init(engines: Int, window: Int, patience: Double = 1) {
    (self.window, self.patience) = (window, patience)
    members = Array(repeating: Member(), count: engines)
  }

  /// Engines that failed, by their number.
  var losses: [EngineError?] { lock.withLock { members.map(\.loss) } }

  /// How far the pieces are that were not given back yet.
  var live: (tokens: Int, newTokens: Int) {
    lock.withLock {
      pieces.reduce((0, 0)) { sum, piece in
        (
          sum.0 + (piece.live.values.map(\.tokens).max() ?? 0),
          sum.1 + (piece.live.values.map(\.newTokens).max() ?? 0)
        )
      }
    }
  }

  /// Deals out all pieces, and returns when the last was given back and no engine is at work any more.
  ///
  /// - Parameters:
  ///   - body: called on a thread of the engine's own.
  ///   - pieces: hands over one piece after another, with its size.
  ///   - onAnswer: called on this thread, in the order of the pieces.
  ///   - onWait: called on this thread many times a second while it waits; to stop, throw.
  /// - Throws: what these throw; what `body` throws but for the `EngineError` of one engine of several, which is a loss
  ///   until it is the last. What was answered before is given back first.
  func run(
    _ body: @escaping Body,
    pieces: @escaping (_ add: (_ work: Work, _ size: Int) throws -> Void) throws -> Void,
    onAnswer: (_ work: Work, _ answer: Answer, _ engine: Int) throws -> Void,
    onWait: () throws -> Void
  ) throws {
    running = members.count
    for engine in members.indices {
      let thread = Thread { [self] in serve(engine, body) }
      thread.stackSize = 8 << 20
      thread.start()
    }
    defer { stop() }
    try pieces { work, size in
      add(work, size)
      while hasNews { try step(onAnswer, onWait) }
    }
    lock.withLock {
      isClosed = true
      lock.broadcast()
    }
    while lock.withLock({ !self.pieces.isEmpty }) { try step(onAnswer, onWait) }
  }

  // MARK: - The thread that gives back

  private func add(_ work: Work, _ size: Int) {
    lock.withLock {
      pieces.append(Piece(work: work, size: size))
      lock.broadcast()
    }
  }

  /// Whether there is something to do before another piece is begun.
  private var hasNews: Bool {
    lock.withLock { pieces.count >= window || pieces.first?.answer != nil || failure != nil }
  }

  private func step(
    _ onAnswer: (Work, Answer, Int) throws -> Void, _ onWait: () throws -> Void
  ) throws {
    let done: (work: Work, value: Answer, engine: Int)? = try lock.withLock {
      if pieces.first?.answer == nil {
        if let failure { throw failure }
        _ = lock.wait(until: Date(timeIntervalSinceNow: 0.05))
      }
      guard let piece = pieces.first, let answer = piece.answer else { return nil }
      pieces.removeFirst()
      first += 1
      lock.broadcast()
      return (piece.work, answer.value, answer.engine)
    }
    guard let done else { return try onWait() }
    try onAnswer(done.work, done.value, done.engine)
  }

  private func stop() {
    lock.withLock {
      isStopped = true
      lock.broadcast()
      while running > 0 { lock.wait() }
    }
  }

  // MARK: - Threads of engines

  private func serve(_ engine: Int, _ body: Body) {
    while let (number, work) = take(engine) {
      do {
        let begun = ContinuousClock.now
        let isOver: @Sendable () -> Bool = { [self] in self.isOver(number) }
        let answer = try EngineStop.asking(isOver) {
          try body(work, engine) { [self] in try report(number, engine, $0, $1) }
        }
        finish(number, engine, answer, seconds: (ContinuousClock.now - begun) / .seconds(1))
      } catch {
        give(up: number, engine, error)
      }
    }
    lock.withLock {
      running -= 1
      lock.broadcast()
    }
  }

  /// The next piece for an engine, once there is one; `nil` where there will be none.
  private func take(_ engine: Int) -> (number: Int, work: Work)? {
    lock.withLock {
      while !isStopped, failure == nil, members[engine].loss == nil {
        if let place = pieces.firstIndex(where: { $0.answer == nil && $0.readers.isEmpty })
          ?? overdue(for: engine)
        {
          pieces[place].readers[engine] = .now
          return (first + place, pieces[place].work)
        }
        if isClosed, pieces.allSatisfy({ $0.answer != nil }) { return nil }
        _ = lock.wait(until: Date(timeIntervalSinceNow: 0.05))
      }
      return nil
    }
  }

  /// The earliest piece that another engine is at for more than twice as long as this one would need for it.
  private func overdue(for engine: Int) -> Int? {
    let member = members[engine]
    guard member.size > 0, isClosed || pieces.count >= window else { return nil }
    let pace = member.seconds / Double(member.size)
    return pieces.firstIndex { piece in
      guard piece.answer == nil, piece.readers.count == 1, let begun = piece.readers.values.first
      else { return false }
      let spent = (ContinuousClock.now - begun) / .seconds(1)
      return spent > max(patience, 2 * pace * Double(piece.size))
    }
  }

  /// Whether nobody waits for a piece any more.
  private func isOver(_ number: Int) -> Bool {
    lock.withLock { isStopped || failure != nil || isAnswered(number) }
  }

  /// Called with the lock.
  private func isAnswered(_ number: Int) -> Bool {
    number < first || pieces[number - first].answer != nil
  }

  private func report(_ number: Int, _ engine: Int, _ tokens: Int, _ newTokens: Int) throws {
    guard !isOver(number) else { throw CancellationError() }
    lock.withLock {
      guard number >= first else { return }
      pieces[number - first].live[engine] = (tokens, newTokens)
    }
  }

  private func finish(_ number: Int, _ engine: Int, _ answer: Answer, seconds: Double) {
    lock.withLock {
      if !isAnswered(number) {
        members[engine].seconds += seconds
        members[engine].size += pieces[number - first].size
        pieces[number - first].answer = (answer, engine)
      }
      lock.broadcast()
    }
  }

  private func give(up number: Int, _ engine: Int, _ error: any Error) {
    lock.withLock {
      let wasOver = isStopped || failure != nil || isAnswered(number)
      if number >= first {
        pieces[number - first].readers[engine] = nil
        pieces[number - first].live[engine] = nil
      }
      if let error = error as? EngineError {
        members[engine].loss = error
        if members.allSatisfy({ $0.loss != nil }), failure == nil { failure = error }
      } else if !wasOver, failure == nil {
        failure = error
      }
      lock.broadcast()
    }
  }
}
