/// Work that one screen alone asks for: what it is, what it brings back and how it is done are said where that screen is.
protocol ScreenWork: Equatable, Sendable {
  associatedtype Result: Equatable & Sendable

  var queue: Effect.Queue { get }
  /// As ``Effect/slot``.
  var slot: String? { get }
  /// Whether a later one of its slot ends it, rather than only being waited for.
  var endsWhenReplaced: Bool { get }
  /// What a job is called; `nil` for work too short to be one.
  var jobTitle: String? { get }
  /// Whether it ends when it is told to, rather than only being forgotten.
  var canStop: Bool { get }
  /// How far it has come, of what it brings back before its last result; `nil` for a last one.
  static func progress(of result: Result) -> String?
  /// Does it, off the main thread.
  func perform(by performer: EffectPerformer) throws -> Result
  /// The same, for whoever listens meanwhile: ``LongScreenWork`` alone says something.
  func run(
    by performer: EffectPerformer, tell: @escaping @Sendable (Result) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Result
}

/// Work that brings back something before its last result, or ends when it is told to.
protocol LongScreenWork: ScreenWork {
  /// - Parameters:
  ///   - tell: called with what is known before the last result.
  ///   - isCancelled: whether anybody still wants it; asked often.
  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (Result) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Result
}

extension ScreenWork {
  var queue: Effect.Queue { .computing }
  var slot: String? { nil }
  var endsWhenReplaced: Bool { false }
  var jobTitle: String? { nil }
  var canStop: Bool { false }
  static func progress(of result: Result) -> String? { nil }
  func run(
    by performer: EffectPerformer, tell: @escaping @Sendable (Result) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Result { try perform(by: performer) }

  fileprivate func isEqual(to other: any ScreenWork) -> Bool { other as? Self == self }
  fileprivate func reply(
    by performer: EffectPerformer, tell: @escaping @Sendable (Reply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Reply {
    Self.reply(
      try run(by: performer, tell: { tell(Self.reply($0)) }, isCancelled: isCancelled))
  }

  /// What a session gets to see of a result.
  static func reply(_ result: Result) -> Reply {
    .ofScreen(ScreenReply(value: result, work: Self.self, progress: progress(of: result)))
  }
}

extension LongScreenWork {
  func perform(by performer: EffectPerformer) throws -> Result {
    try perform(by: performer, tell: { _ in }, isCancelled: { false })
  }
  func run(
    by performer: EffectPerformer, tell: @escaping @Sendable (Result) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Result {
    try perform(by: performer, tell: tell, isCancelled: isCancelled)
  }
}

/// Some screen's work, among the effects.
package struct AnyScreenWork: Equatable, Sendable {
  let work: any ScreenWork

  package static func == (first: AnyScreenWork, second: AnyScreenWork) -> Bool {
    first.work.isEqual(to: second.work)
  }

  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (Reply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Reply {
    try work.reply(by: performer, tell: tell, isCancelled: isCancelled)
  }
}

/// What a screen's work brought back, among the replies.
package struct ScreenReply: Equatable, Sendable {
  fileprivate let value: any Equatable & Sendable
  fileprivate let work: any ScreenWork.Type
  /// As ``ScreenWork/progress(of:)``.
  let progress: String?

  /// The result, for the screen whose work it is of.
  func result<Work: ScreenWork>(of work: Work.Type) -> Work.Result? {
    self.work == work ? value as? Work.Result : nil
  }

  package static func == (first: ScreenReply, second: ScreenReply) -> Bool {
    first.work == second.work && isEqual(first.value, second.value)
  }

  private static func isEqual<Value: Equatable>(_ first: Value, _ second: any Equatable) -> Bool {
    second as? Value == first
  }
}

extension Effect.Work {
  /// The screen's work that it is, if it is of this kind.
  func screenWork<Work: ScreenWork>(_ kind: Work.Type) -> Work? {
    if case .ofScreen(let any) = self { any.work as? Work } else { nil }
  }
}

extension Reply {
  /// The result of a screen's work, if it is of this kind.
  func result<Work: ScreenWork>(of kind: Work.Type) -> Work.Result? {
    if case .ofScreen(let reply) = self { reply.result(of: kind) } else { nil }
  }
}

extension Session {
  /// Numbers a piece of a screen's own work.
  mutating func ask(_ work: some ScreenWork) -> Effect {
    ask(Effect.Work.ofScreen(AnyScreenWork(work: work)))
  }
}
