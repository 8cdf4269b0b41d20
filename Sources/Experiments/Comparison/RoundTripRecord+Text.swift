import Numerics

extension RoundTripRecord {
  struct Coverage: Encodable {
    var share: Double
    var prompts: Int
    var of: Int
    var rate: Double?
    var wilson95: ConfidenceInterval?

    init(_ coverage: TextBaseline.Coverage) {
      share = coverage.least
      (prompts, of) = (coverage.share.successes, coverage.share.count)
      (rate, wilson95) = (coverage.share.rate, coverage.share.wilson())
    }
  }

  /// What the prompts' words alone give.
  struct Text: Encodable {
    struct Run: Encodable {
      var seed: UInt32
      var clusters: Int
      var coverage: [Coverage]
      @Inline var trip: Trip
    }

    var clusters: Int
    var terms: Int
    var meanShare: Double?
    var runs: [Run]
    var coverageOfA: [Coverage]
    var coverageOfB: [Coverage]

    /// - Parameter coverage: of the first pair's regions; none where prompts are of no kind.
    init(
      _ baseline: TextBaseline,
      coverage: (a: [TextBaseline.Coverage], b: [TextBaseline.Coverage])
    ) {
      (clusters, terms) = (baseline.clusters, baseline.terms)
      runs = baseline.runs.map {
        Run(
          seed: $0.seed, clusters: $0.clusters, coverage: $0.coverage.map(Coverage.init),
          trip: Trip($0.trip))
      }
      meanShare = RoundTripRecord.mean(runs.map(\.trip))
      (coverageOfA, coverageOfB) = (
        coverage.a.map(Coverage.init), coverage.b.map(Coverage.init)
      )
    }

    /// For a person.
    ///
    /// - Parameter kind: of the prompts that coverage is of.
    func lines(_ kind: Kind) -> [String] {
      let names =
        coverageOfA.isEmpty
        ? [] : TextBaseline.shares.map { "\(kind.rawValue) in ≥ \(formatted($0))" }
      func cells(_ coverage: [Coverage]) -> [String] { coverage.map { figure($0.rate) } }
      let rows =
        runs.map { run in
          let trip = run.trip
          return [
            "text, seed \(run.seed)", "\(run.clusters)", "\(trip.home) of \(trip.regions)",
            figure(trip.share), figure(trip.wilson95), figure(trip.null?.mean),
            trip.null?.words ?? "—",
          ] + cells(run.coverage)
        }
        + (coverageOfA.isEmpty
          ? []
          : [("regions of A", coverageOfA), ("regions of B", coverageOfB)].map {
            [$0.0, "—", "—", "—", "—", "—", "—"] + cells($0.1)
          })
      return [
        "",
        "A's regions through clusters of the prompts' text alone (\(clusters) by k-means, \(terms) terms), mean share \(figure(meanShare)):",
        table(["groups", "used", "home", "share", "95 % interval", "null", "p"] + names, rows),
      ]
    }
  }
}
