import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Labels of one dictionary for another of the same family, region by region.
package enum LabelCarrying {
  /// The cosine from which a region counts as the same; that of matching.
  package static let standardCutoff = 0.7

  /// For every region of `target` the label of the source region with the nearest exemplar, where that has one and
  /// their cosine is at least `cutoff`.
  ///
  /// - Parameter labels: the source's, as a person sees them.
  /// - Throws: `mismatch` for dictionaries of different hooks or widths: their directions mean different things.
  /// - Complexity: O(K · K' · D).
  package static func labels(
    from source: DictionaryFile, _ labels: LabelView, to target: DictionaryFile, cutoff: Double
  ) throws -> [RegionLabel] {
    try MatrixProducts.verify()
    guard source.dimension == target.dimension, source.provenance.hook == target.provenance.hook
    else {
      let hooks = [source, target].map { $0.provenance.hook ?? "a hook not recorded" }
      throw ExperimentError(
        .mismatch,
        "is of \(hooks[0]) with \(source.dimension) components, \(target.name) of \(hooks[1]) with \(target.dimension)",
        file: source.name)
    }
    guard source.regionCount > 0, target.regionCount > 0 else { return [] }
    let exemplars = try target.exemplars()
    // Exemplars are unit vectors already, so that nothing is to be taken off.
    var assigner = RegionAssigner(
      centre: [Float](repeating: 0, count: source.dimension),
      exemplars: try source.exemplarRows(),
      threads: ProcessInfo.processInfo.activeProcessorCount)
    let found = assigner.assign(
      ActivationBatch(rows: exemplars, count: target.regionCount))
    return (0..<target.regionCount).compactMap { region in
      let nearest = Int(found.ids[region])
      let cosine = 1 - Double(found.distances[region])
      guard cosine >= cutoff, let label = labels.entries[nearest] else { return nil }
      let digits = (cosine * 1000).rounded() / 1000
      return RegionLabel(
        identity: target.identity, region: region, text: label.text, author: label.author,
        date: Date(),
        evidence: ["carried from \(source.name), region \(nearest), cosine \(digits)"])
    }
  }
}
