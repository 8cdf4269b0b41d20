import Engines
import Storage

/// A unit that is still to be read.
private struct PlannedUnit: Sendable {
  var documents: [PlannedDocument]
  /// The number of its first document in the store.
  var first: Int
}

/// A unit that was read, and what that took.
private struct ReadUnit: Sendable {
  var unit: StoreUnit
  var tokens: Int
  var newTokens: Int
}

extension Capture {
  /// Bytes of activations that are in memory at once, as far as every engine has a unit.
  private static let dealtBytes = 512 << 20

  /// Units that are begun and not in the store yet, at most.
  static func window(_ plan: CapturePlan, engines: Int) -> Int {
    let rowBytes = plan.hooks.reduce(0) { $0 + $1.dimension } * MemoryLayout<Float>.stride
    return max(engines + 1, min(4 * engines, dealtBytes / min(unitBytes, unitRows * rowBytes)))
  }

  /// Deals units out to engines, and appends them in their order.
  ///
  /// A unit is read whole, by one engine: it gets the same request however many there are, and a batch that is put together
  /// otherwise may round otherwise.
  static func readTogether(
    _ plan: CapturePlan, _ engines: [any Engine], _ writer: StoreWriter,
    _ state: inout CaptureProgress, _ progress: @escaping (CaptureProgress) throws -> Void
  ) throws {
    let deal = EngineDeal<PlannedUnit, ReadUnit>(
      engines: engines.count, window: window(plan, engines: engines.count))
    var reading = PlanReading(plan)
    func told() -> CaptureProgress {
      let losses = deal.losses
      // Where all are lost nobody does their part: the last one's loss is thrown, which may come a while later.
      if losses.contains(nil) {
        for (engine, loss) in losses.enumerated() { state.engines[engine].loss = loss }
      }
      var now = state
      let live = deal.live
      now.tokens += live.tokens
      now.newTokens += live.newTokens
      now.share = reading.share
      return now
    }
    do {
      try deal.run { planned, engine, report in
        let capturer = Capturer(plan: plan, engine: engines[engine]) {
          try report($0.tokens, $0.newTokens)
        }
        var own = CaptureProgress(documents: 0, tokens: 0, newTokens: 0, share: 0)
        let unit = try capturer.unit(planned.documents, first: planned.first, &own)
        return ReadUnit(unit: unit, tokens: own.tokens, newTokens: own.newTokens)
      } pieces: { add in
        try forEachUnit(plan, after: writer.documentCount, passOver: { reading.passOver($0) }) {
          documents, first in
          let size = documents.reduce(0) { $0 + $1.longest + plan.request.maxNewTokens }
          try add(PlannedUnit(documents: documents, first: first), size)
        }
      } onAnswer: { planned, read, engine in
        try writer.append(read.unit)
        reading.passOver(planned.documents)
        state.engines[engine].documents += planned.documents.count
        state.engines[engine].tokens += read.tokens
        state.tokens += read.tokens
        state.newTokens += read.newTokens
        state.documents = writer.documentCount
        try progress(told())
      } onWait: {
        try progress(told())
      }
    } catch let error as EngineError {
      // Those that were lost just before the last may not have been told yet.
      for (engine, loss) in deal.losses.enumerated() where loss != error {
        state.engines[engine].loss = loss
      }
      try? progress(state)
      throw error
    }
    state = told()
  }
}
