/// A screen that is on its way: what it shows was asked for, and the person goes on meanwhile.
package struct Arrival: Equatable, Sendable {
  package var id: EffectID
  /// What is being done: `comparing a with b`.
  var title: String
  /// How far it has come; `nil` before it says so.
  var progress: String?
  /// What is said when it is stopped.
  var stopped: String

  /// For the status line.
  var facts: String { progress.map { "\(title) · \($0)" } ?? "\(title)…" }
}

extension Session {
  /// Takes in what came of it; `nil` for any other reply.
  mutating func takeArrival(_ reply: Reply, of id: EffectID) -> [Effect]? {
    guard arrival?.id == id else { return nil }
    if case .failed(let reason) = reply {
      arrival = nil
      say(.error, reason)
      return []
    }
    for type in screenTypes.all {
      if let effects = type.arrive(with: reply, in: &self) { return effects }
    }
    arrival = nil
    return []
  }

  /// Ends it; its reply will find nobody.
  mutating func stopArrival() -> [Effect] {
    guard let arrival else { return [] }
    self.arrival = nil
    say(.note, arrival.stopped)
    return [ask(.cancel(arrival.id))]
  }
}
