/// For the fuzzer, which is a package of its own.

/// The names of all targets.
public let fuzzTargetNames = FuzzTarget.all.map(\.name)

/// The target of that name as a function of bytes; `nil` where there is none.
public func fuzzTarget(named name: String) -> (@Sendable (UnsafeRawBufferPointer) -> Void)? {
  guard let target = FuzzTarget.named(name) else { return nil }
  return { target.run(Array($0)) }
}
