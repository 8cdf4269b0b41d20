import Experiments

/// Reads what the latest stability result says of a dictionary.
struct ReadStability: ScreenWork {
  var identity: String
  var regionCount: Int

  struct Result: Equatable, Sendable {
    var known: KnownStability?
  }

  func perform(by performer: EffectPerformer) throws -> Result {
    let latest = try RegionStability.latest(
      of: identity, regionCount: regionCount, in: performer.openNotebook())
    return Result(
      known: latest.map { KnownStability(experiment: $0.experiment.id, regions: $0.regions) })
  }
}
