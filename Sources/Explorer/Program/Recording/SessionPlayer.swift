/// Plays a recorded session in time, without its long pauses.
struct SessionPlayer {
  /// Nobody wants to wait for a person who went for coffee.
  private static let longestPause = Duration.milliseconds(800)

  private var steps: ArraySlice<SessionLog.Step>
  private var due: Duration?

  init(_ log: SessionLog) { steps = log.steps[...] }

  var isOver: Bool { steps.isEmpty }

  /// How long until the next step is due.
  mutating func wait(_ now: Duration) -> Duration? {
    guard let due = dueTime(now) else { return nil }
    return max(.zero, due - now)
  }

  /// The next step, if it is due.
  mutating func next(_ now: Duration) -> Action? {
    guard let due = dueTime(now), due <= now, let step = steps.popFirst() else { return nil }
    self.due = steps.first.map { due + min($0.time - step.time, Self.longestPause) }
    return step.action
  }

  private mutating func dueTime(_ now: Duration) -> Duration? {
    guard let first = steps.first else { return nil }
    if due == nil { due = now + min(first.time, Self.longestPause) }
    return due
  }
}
