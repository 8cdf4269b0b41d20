import ExemplarPartitioning
import Foundation
import Numerics

/// Refusal directions at several layers, and how well each tells held-out harmful prompts from benign ones: at its own
/// layer and at the others.
///
/// The score of a prompt is the product of its activation with the unit direction. Beside each stand random unit rows.
package struct DirectionStudy: Sendable {
  package struct Options: Sendable {
    package var purity = RefusalDirections.Purity.all
    /// Random unit rows a layer; at least one, the one that a steering has as its control.
    package var controls = 100
    package var seed: UInt64 = 0

    package init() {}
  }

  package struct Layer: Sendable {
    package var activations: DirectionLayer
    package var directions: RefusalDirections
    /// By ``RefusalDirections/Source``, then by the layer whose activations are read; `nil` where those have another
    /// width, or are not finite.
    package var scores: [[AUROC?]]
    /// How much larger the area of the exemplars' direction is than the shuffled one's, at this layer.
    package var overShuffled: (difference: Double, interval: ConfidenceInterval?)?
    /// Areas of the random rows, at this layer.
    package var controls: [Double]

    /// Controls that score as well as an area does, the area itself counted in.
    package func p(_ area: Double) -> Double {
      Double(controls.count { $0 >= area } + 1) / Double(controls.count + 1)
    }
  }

  package var layers: [Layer]
  package var roles: [AblationPrompt.Role]
  package var isHeld: [Bool]
  package var options: Options

  /// - Parameters:
  ///   - layers: ascending; the shuffled control is dealt in this order.
  ///   - held: its generator goes on in the shuffled controls.
  ///   - progress: called with the layers done and in all, more than once a layer; to stop, throw.
  /// - Throws: `ExperimentError.invalidValue`, naming the layer that has no directions.
  /// - Complexity: O(layers · (layers + controls) · held · D).
  package static func run(
    _ layers: [DirectionLayer], roles: [AblationPrompt.Role], held: HeldOutPrompts,
    _ options: Options, progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> DirectionStudy {
    precondition(options.controls > 0, "expected controls")
    var generator = held.generator
    let directions = try layers.map { layer in
      do {
        return try RefusalDirections(
          rows: layer.rows, dimension: layer.dimension, roles: roles, isHeld: held.isHeld,
          regions: layer.regions, distances: layer.distances, purity: options.purity,
          generator: &generator)
      } catch let error as RefusalDirectionsError {
        throw ExperimentError(.invalidValue, error.message, file: layer.dictionary ?? layer.hook)
      }
    }
    let scored = AblationPrompt.Role.allCases.map { role in
      roles.indices.filter { held.isHeld[$0] && roles[$0] == role }
    }
    func products(
      _ direction: [Float], _ layer: DirectionLayer
    ) -> (positives: [Double], negatives: [Double])? {
      guard direction.count == layer.dimension else { return nil }
      let points = PromptRows(rows: layer.rows, dimension: layer.dimension)
      let products = scored.map { $0.map { points.product($0, direction) } }
      return (products[0], products[1])
    }
    func score(_ direction: [Float], _ layer: DirectionLayer) -> AUROC? {
      products(direction, layer).flatMap {
        AUROC(positives: $0.positives, negatives: $0.negatives)
      }
    }
    func overShuffled(
      _ found: RefusalDirections, _ layer: DirectionLayer
    ) -> (difference: Double, interval: ConfidenceInterval?)? {
      guard let exemplars = products(found[.exemplars].unit, layer),
        let shuffled = products(found[.shuffled].unit, layer)
      else { return nil }
      return AUROC.difference(exemplars, shuffled)
    }
    var found: [Layer] = []
    for (place, layer) in layers.enumerated() {
      let scores = try directions[place].directions.map { direction in
        try layers.map { other in
          try progress(place, layers.count)
          return score(direction.unit, other)
        }
      }
      let controls = try (0..<options.controls).compactMap { control in
        try progress(place, layers.count)
        return score(
          RefusalDirections.random(
            control, layer: place, of: layers.count, dimension: layer.dimension, seed: options.seed
          ), layer)?.area
      }
      found.append(
        Layer(
          activations: layer, directions: directions[place], scores: scores,
          overShuffled: overShuffled(directions[place], layer), controls: controls))
    }
    return DirectionStudy(
      layers: found, roles: roles, isHeld: held.isHeld, options: options)
  }
}
