extension Edit {
  /// Checks the vectors as a run of the model does, for engines that send them elsewhere.
  ///
  /// - Throws: `ModelError.invalidEdit`.
  package func check(width: Int) throws { try validate(width: width) }
}
