/// How whoever waits for an engine says that he does not any more, where that is no cancelled task.
package enum EngineStop {
  /// Asked many times a second while a worker is waited for.
  @TaskLocal package static var isAsked: (@Sendable () -> Bool)?
}
