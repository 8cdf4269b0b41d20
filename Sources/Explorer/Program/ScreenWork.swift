/// Work that one screen alone asks for: what it is, what it brings back and how it is done are said where that screen is.
protocol ScreenWork: Equatable, Sendable {
  associatedtype Result: Equatable & Sendable

  var queue: Effect.Queue { get }
  /// As ``Effect/slot``.
  var slot: String? { get }
  /// What a job is called; `nil` for work too short to be one.
  var jobTitle: String? { get }
  /// Does it, off the main thread.
  func perform(by performer: EffectPerformer) throws -> Result
}

extension ScreenWork {
  var queue: Effect.Queue { .computing }
  var slot: String? { nil }
  var jobTitle: String? { nil }

  fileprivate func isEqual(to other: any ScreenWork) -> Bool { other as? Self == self }
  fileprivate func reply(by performer: EffectPerformer) throws -> Reply {
    .ofScreen(ScreenReply(value: try perform(by: performer)))
  }
}

/// Some screen's work, among the effects.
package struct AnyScreenWork: Equatable, Sendable {
  let work: any ScreenWork

  package static func == (first: AnyScreenWork, second: AnyScreenWork) -> Bool {
    first.work.isEqual(to: second.work)
  }

  func perform(by performer: EffectPerformer) throws -> Reply { try work.reply(by: performer) }
}

/// What a screen's work brought back, among the replies.
package struct ScreenReply: Equatable, Sendable {
  fileprivate let value: any Equatable & Sendable

  /// The result, for the screen whose work it is of.
  func result<Work: ScreenWork>(of work: Work.Type) -> Work.Result? { value as? Work.Result }

  package static func == (first: ScreenReply, second: ScreenReply) -> Bool {
    isEqual(first.value, second.value)
  }

  private static func isEqual<Value: Equatable>(_ first: Value, _ second: any Equatable) -> Bool {
    second as? Value == first
  }
}

extension Session {
  /// Numbers a piece of a screen's own work.
  mutating func ask(_ work: some ScreenWork) -> Effect {
    ask(Effect.Work.ofScreen(AnyScreenWork(work: work)))
  }
}
