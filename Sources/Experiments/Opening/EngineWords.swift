import Engines
import TensorFiles

/// What is to be said of numbers that two engines have a part in.
package enum EngineWords {
  /// In words, how the engine that something was made by differs from the one that it is read with; `nil` where it does not.
  ///
  /// - Parameter recorded: `nil` is our own, and stands in records of every version.
  package static func difference(
    of owner: String, _ recorded: String?, from engine: String
  ) -> String? {
    let recorded = recorded ?? EngineDescription.own
    guard
      EngineDescription.withoutDeviceNumber(recorded)
        != EngineDescription.withoutDeviceNumber(engine)
    else { return nil }
    return
      "\(owner) was made by the engine \(TensorFileError.printable(recorded)), this is "
      + "\(TensorFileError.printable(engine)): rows of two engines differ by rounding at least "
      + "(exemplar engine check says how much)"
  }
}
