import Foundation

/// Which refusal directions a steering is along, as a setup has it.
package struct DirectionChoice: Sendable, Equatable, Codable {
  /// ``RefusalDirections/Source/exemplars`` or `promptMeans`.
  package var source: RefusalDirections.Source
  package var purity: RefusalDirections.Purity
  /// Layers that are steered in the same run: the dictionary's, and one for every other dictionary.
  package var layers: Int

  package init(
    _ source: RefusalDirections.Source, purity: RefusalDirections.Purity = .all, layers: Int = 1
  ) {
    (self.source, self.purity, self.layers) = (source, purity, layers)
  }
}

/// What a steering along refusal directions was made of, as results keep it.
package struct SteeredDirections: Sendable, Equatable, Codable {
  package struct Layer: Sendable, Equatable, Codable {
    package var hook: String
    package var dictionary: String
    package var identity: String
    /// Prompts that the two means are of.
    package var harmful: Int
    package var benign: Int
    package var harmfulRegions: Int
    package var benignRegions: Int
    package var omittedRegions: Int
    /// Of the prompts' final positions: α is in units of it.
    package var medianNorm: Double
  }

  package var source: RefusalDirections.Source
  package var purity: RefusalDirections.Purity
  /// Ascending.
  package var layers: [Layer]
  package var prompts: Int
  package var heldOut: Int
  /// Evaluated prompts that are not held out.
  package var evaluatedAmongThem: Int

  /// `the direction ep`.
  var words: String {
    "the direction\(layers.count == 1 ? "" : "s") \(source.rawValue)"
      + (layers.count == 1 ? "" : " of \(layers.count) layers")
  }

  /// What a person has to know of where they come from.
  var origin: String {
    let made = layers.map { layer in
      (layers.count == 1 ? "" : "\(onOneLine(layer.hook)): ")
        + (source == .exemplars
          ? "the exemplars of \(layer.harmful) wholly harmful regions less those of \(layer.benign) wholly benign ones"
            + (layer.omittedRegions == 0
              ? "" : ", \(layer.omittedRegions) with a held-out exemplar left out")
          : "the mean of \(layer.harmful) harmful prompts less that of \(layer.benign) benign ones")
        + ", 1 median norm is \(ResidualNorm.figure(layer.medianNorm))"
    }
    return
      "\(words): \(made.joined(separator: "; ")); of the final positions of \(prompts) prompts, \(heldOut) of them held out"
  }
}

extension AblationResult {
  /// Below so many refusals of harmful prompts, unedited, the method's author reads nothing off a steering.
  static let minimumBaseline = 0.85

  /// Of a steering along refusal directions.
  var directionRemarks: [String] {
    guard let directions = target.directions else { return [] }
    var lines = [directions.origin]
    if setup.depth == .generate, let before = counts(.baseline, .harmful),
      let rate = before.refusal.rate, rate < Self.minimumBaseline
    {
      lines.append(
        "unedited \(before.refused) of \(before.count) harmful prompts are refused: the method's author reads nothing off fewer than \(percent(Self.minimumBaseline))"
      )
    }
    return lines
  }
}
