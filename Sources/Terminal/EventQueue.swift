/// Events in the order they came, taken from the front at no cost: pasted text that a terminal sends as keys is a
/// hundred thousand of them at once.
struct EventQueue {
  private var events: [TerminalEvent] = []
  private var first = 0

  var isEmpty: Bool { first == events.count }

  mutating func append(_ event: TerminalEvent) { events.append(event) }

  static func += (queue: inout EventQueue, more: [TerminalEvent]) {
    queue.events += more
  }

  /// The next event; there must be one.
  mutating func removeFirst() -> TerminalEvent {
    defer {
      first += 1
      if first == events.count {
        events.removeAll(keepingCapacity: events.count <= 4096)
        first = 0
      }
    }
    return events[first]
  }
}
