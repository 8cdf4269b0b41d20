/// What tells one adapter from another: the SHA-256 of its weights and that of the settings that say
/// what the weights do.
///
/// Records have it as `WEIGHTS+SETTINGS`; those of earlier versions have the weights alone.
package struct AdapterIdentity: Equatable, Sendable {
  package let weights: String
  /// `nil` where nobody recorded it, or the adapter has no settings.
  package let settings: String?

  package init(weights: String, settings: String?) {
    self.weights = weights
    self.settings = settings
  }

  package init(_ recorded: String) {
    let parts = recorded.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    weights = String(parts[0])
    settings = parts.count > 1 ? String(parts[1]) : nil
  }

  /// As records have it.
  package var recorded: String { weights + (settings.map { "+\($0)" } ?? "") }

  /// `2f60a9b1c2d3`, or `2f60a9b1c2d3 and settings 81abcd012345`.
  package var short: String {
    String(weights.prefix(12)) + (settings.map { " and settings \($0.prefix(12))" } ?? "")
  }

  /// Whether both are of one adapter, as far as both say it.
  package func isSame(as other: AdapterIdentity) -> Bool {
    weights == other.weights
      && (settings == nil || other.settings == nil || settings == other.settings)
  }

  /// The same of two records.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    AdapterIdentity(one).isSame(as: AdapterIdentity(other))
  }
}
