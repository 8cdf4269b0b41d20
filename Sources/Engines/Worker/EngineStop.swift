/// How whoever waits for an engine says that he does not any more, where that is no cancelled task.
package struct EngineStop: Sendable {
  /// Asked many times a second while a worker is waited for.
  ///
  /// A value with the closure in it, because optimised code of Swift 6.3 ends in a bad access where a closure itself is local
  /// to a task: it is bound without its type.
  @TaskLocal package static var current: EngineStop?

  package var isAsked: @Sendable () -> Bool

  /// Runs `body`, in which `isAsked` is asked.
  package static func asking<Result>(
    _ isAsked: @escaping @Sendable () -> Bool, _ body: () throws -> Result
  ) rethrows -> Result {
    try $current.withValue(EngineStop(isAsked: isAsked), operation: body)
  }
}
