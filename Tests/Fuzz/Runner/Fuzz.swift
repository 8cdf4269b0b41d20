import Foundation
import FuzzTargets

// The functions that libFuzzer calls. EXEMPLAR_FUZZ_TARGET says what reads the bytes.

private let target: @Sendable (UnsafeRawBufferPointer) -> Void = {
  let name = ProcessInfo.processInfo.environment["EXEMPLAR_FUZZ_TARGET"] ?? ""
  guard let target = fuzzTarget(named: name) else {
    fatalError("EXEMPLAR_FUZZ_TARGET: expected one of \(fuzzTargetNames.joined(separator: ", "))")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
