import Experiments

extension BuiltDictionaryRecord {
  /// - Parameter selection: which documents of a store were taken, in words.
  func print(_ style: OutputStyle, selection: String? = nil) {
    if style.json {
      JSONValue(encoding: self).print()
    } else {
      Swift.print(lines(of: text(selection: selection)))
    }
  }
}
