import ExemplarPartitioning
import Foundation
import Numerics
import TensorFiles

/// What ``DirectionStudy`` found, under the keys by which it is printed and kept.
package struct DirectionRecord: Encodable, Sendable {
  struct Score: Encodable {
    var auroc: Double?
    var interval95: ConfidenceInterval?

    init(_ area: AUROC?) { (auroc, interval95) = (area?.area, area?.interval()) }
  }

  struct Across: Encodable {
    var hook: String
    @Inline var score: Score
  }

  struct Direction: Encodable {
    var direction: RefusalDirections.Source
    /// Prompts that the two means are of.
    var harmful: Int
    var benign: Int
    var cosine: Double
    @Inline var score: Score
    /// Random rows that score as well, this one counted in.
    var p: Double?
    /// At every layer, its own among them.
    var across: [Across]
  }

  struct Layer: Encodable {
    var hook: String
    var dictionary: String?
    var identity: String
    var percentile: Double?
    var theta: Double
    var regions: Int
    var harmfulRegions: [Int]
    var benignRegions: [Int]
    var mixedRegions: Int
    /// Wholly of one side, but their exemplar is held out.
    var omittedRegions: [Int]
    var medianNorm: Double
    var directions: [Direction]
    var overShuffled: Advantage?
    var random: Saturation.Spread
  }

  /// How much larger the area of `ep` is than that of `shuffled`, at the layer they are of.
  struct Advantage: Encodable {
    var difference: Double
    var interval95: ConfidenceInterval?

    /// `nil` where there is no interval to say it by.
    var isBetter: Bool? { interval95.map { $0.lower > 0 } }
    var isWorse: Bool? { interval95.map { $0.upper < 0 } }
  }

  struct Held: Encodable {
    var harmful: Int
    var benign: Int
    var split: String?
    var drawn: Int?
  }

  var store: String
  var stores: [String]
  var prompts: Int
  var harmful: Int
  var benign: Int
  var held: Held
  var purity: RefusalDirections.Purity
  var layers: [Layer]
  var controls: Int
  var seed: UInt64
  var seconds: Double

  package init(
    _ study: DirectionStudy, held choice: HeldOutPrompts.Choice, stores: [String], seconds: Double
  ) {
    func count(_ role: AblationPrompt.Role, held: Bool) -> Int {
      zip(study.roles, study.isHeld).count { $0 == role && (!held || $1) }
    }
    (store, self.stores, self.seconds) = (stores[0], stores, seconds)
    (prompts, harmful) = (study.roles.count, count(.harmful, held: false))
    benign = count(.benign, held: false)
    held = Held(harmful: count(.harmful, held: true), benign: count(.benign, held: true))
    switch choice {
    case .split(let split): held.split = split
    case .drawn(let count): held.drawn = count
    }
    (purity, controls) = (study.options.purity, study.options.controls)
    seed = study.options.seed
    layers = study.layers.enumerated().map { place, layer in
      let (activations, found) = (layer.activations, layer.directions)
      return Layer(
        hook: activations.hook, dictionary: activations.dictionary, identity: activations.identity,
        percentile: activations.percentile, theta: activations.theta,
        regions: activations.regionCount, harmfulRegions: found.pure.harmful,
        benignRegions: found.pure.benign, mixedRegions: found.pure.mixed,
        omittedRegions: found.omitted, medianNorm: found.norm,
        directions: zip(found.directions, layer.scores).map { direction, scores in
          Direction(
            direction: direction.source, harmful: direction.harmful, benign: direction.benign,
            cosine: direction.cosine, score: Score(scores[place]),
            p: scores[place].map { layer.p($0.area) },
            across: zip(study.layers, scores).map {
              Across(hook: $0.activations.hook, score: Score($1))
            })
        },
        overShuffled: layer.overShuffled.map {
          Advantage(difference: $0.difference, interval95: $0.interval)
        }, random: Saturation.Spread(layer.controls))
    }
  }
}

extension DirectionRecord {
  /// A line of a table: a direction at the layer it is of, or at another.
  private struct Line: Encodable {
    var hook: String
    var direction: RefusalDirections.Source
    var at: String
    var auroc: Double?
    var lower: Double?
    var upper: Double?
    var harmful: Int
    var benign: Int
    var cosine: Double
    var medianNorm: Double
  }

  package func report() -> Report {
    let header = [
      "layer", "direction", "of", "cosine", "AUROC", "95 %", "random", "2.5–97.5 %", "p-value",
    ]
    let rows = layers.flatMap { layer in
      layer.directions.map { direction in
        [
          onOneLine(layer.hook), direction.direction.rawValue,
          "\(direction.harmful) − \(direction.benign)", figure(direction.cosine),
          figure(direction.score.auroc), figure(direction.score.interval95),
          figure(layer.random.mean), figure(layer.random.interval), figure(direction.p),
        ]
      }
    }
    let partitions = layers.map { layer in
      [
        onOneLine(layer.hook), layer.percentile.map { formatted($0) } ?? "—", figure(layer.theta),
        "\(layer.regions)", "\(layer.harmfulRegions.count)", "\(layer.benignRegions.count)",
        "\(layer.mixedRegions)", "\(layer.omittedRegions.count)",
        decimals(layer.medianNorm, 2...2),
      ]
    }
    let across =
      layers.count > 1
      ? "\nAUROC across layers, the directions of exemplars: down whose direction, across whose activations\n"
        + table(
          [""] + layers.map { short($0.hook) },
          grid.enumerated().map { place, areas in
            [short(layers[place].hook)] + areas.map(figure)
          }) + "\n" : ""
    var report = Report(
      kind: .directions, identities: layers.map(\.identity), record: self, header: header,
      rows: rows, plot: plot, records: layers.flatMap(lines),
      text: """
        \(quantity(prompts, "prompt")) of \(onOneLine(store)), \(harmful) harmful; held out \(held.harmful) harmful and \(held.benign) benign ones\
        \(held.split.map { " (split \(onOneLine($0)))" } ?? "")
        \(table(header, rows))
        AUROC of the products with held-out harmful against benign prompts; beside \(quantity(controls, "random unit row")) a layer; cosines with ep's direction
        \(conclusion)
        \(across)
        \(table(["layer", "p", "θ", "regions", "harmful", "benign", "mixed", "left out", "median norm"], partitions))
        """)
    report.headline = (
      "Refusal directions of \(onOneLine(store)) at \(quantity(layers.count, "layer"))",
      layers.map { layer in
        "\(short(layer.hook)): "
          + layer.directions.map { "\($0.direction.rawValue) \(figure($0.score.auroc))" }
          .joined(separator: ", ") + ", random \(figure(layer.random.mean))"
      }.joined(separator: "; ")
        + " (AUROC, \(held.harmful) + \(held.benign) held-out prompts); \(conclusion)"
    )
    return report
  }

  /// Where the exemplars' direction tells prompts apart better than one of shuffled groups, and by what that is said.
  var conclusion: String {
    func told(_ isToBeTold: (Advantage?) -> Bool) -> [String] {
      layers.filter { isToBeTold($0.overShuffled) }.map { layer in
        "\(short(layer.hook)) (\(figure(layer.overShuffled?.difference)) \(figure(layer.overShuffled?.interval95)))"
      }
    }
    let better = told { $0?.isBetter == true }
    let worse = told { $0?.isWorse == true }
    let no = told { $0?.isBetter == false && $0?.isWorse == false }
    let unknown = told { $0?.isBetter == nil }
    let rule =
      "ep's AUROC less shuffled's, of the same held-out prompts: better where DeLong's 95 % interval of the difference lies "
      + "above 0, worse where it lies below, each layer by itself"
    let parts = [
      better.isEmpty ? nil : "ep is better than shuffled at \(better.joined(separator: ", "))",
      worse.isEmpty ? nil : "ep is worse than shuffled at \(worse.joined(separator: ", "))",
      no.isEmpty ? nil : "ep is no better than shuffled at \(no.joined(separator: ", "))",
      unknown.isEmpty
        ? nil
        : "whether ep is better than shuffled has no interval at \(unknown.joined(separator: ", "))",
    ].compactMap(\.self)
    return "\(parts.joined(separator: "; ")) (\(rule))"
  }

  /// `blocks.16.hook_resid_post` as `16`, where that tells the layers apart.
  private func short(_ hook: String) -> String {
    let parts = hook.split(separator: ".")
    let names = layers.map { $0.hook.split(separator: ".").dropFirst(2) }
    return parts.count == 3 && Set(names).count == 1 ? String(parts[1]) : onOneLine(hook)
  }

  /// Areas of the directions of exemplars, by layer and by the layer that is read.
  private var grid: [[Double?]] {
    layers.map { $0.directions[0].across.map(\.score.auroc) }
  }

  private var plot: SVGPlot {
    let scored = "\(held.harmful) harmful and \(held.benign) benign prompts held out"
    guard layers.count > 1 else {
      return SVGPlot(
        title: "How well refusal directions tell held-out prompts apart",
        caption:
          "AUROC at \(onOneLine(layers[0].hook)), \(scored); lines: 95 % intervals, of random rows the 2.5th to 97.5th percentile",
        content: .bars(
          layers[0].directions.map {
            .init($0.direction.rawValue, $0.score.auroc ?? .nan, $0.score.interval95)
          } + [.init("random", layers[0].random.mean, layers[0].random.interval)], axis: "AUROC",
          reference: 0.5))
    }
    return SVGPlot(
      title: "How well refusal directions of exemplars tell held-out prompts apart",
      caption: "AUROC, \(scored); down: whose direction, across: whose activations",
      content: .grid(
        rows: layers.map { onOneLine($0.hook) }, columns: layers.map { onOneLine($0.hook) }, grid))
  }

  private func lines(_ layer: Layer) -> [JSONValue] {
    layer.directions.flatMap { direction in
      direction.across.map { at in
        JSONValue(
          encoding: Line(
            hook: layer.hook, direction: direction.direction, at: at.hook, auroc: at.score.auroc,
            lower: at.score.interval95?.lower, upper: at.score.interval95?.upper,
            harmful: direction.harmful, benign: direction.benign, cosine: direction.cosine,
            medianNorm: layer.medianNorm))
      }
    }
  }
}

extension DirectionStudy {
  /// Writes `ep`, `prompt-mean`, `shuffled` and `random` `[layers, D]`, `medianNorm` `[layers]` and `cosine`
  /// `[layers, 3]`, all f32; the metadata name the hooks in their order.
  ///
  /// - Precondition: all layers are of one width.
  package func write(to url: URL) throws {
    let width = layers[0].activations.dimension
    precondition(layers.allSatisfy { $0.activations.dimension == width }, "expected one width")
    func rows(_ values: [[Float]]) -> SafetensorsTensor {
      SafetensorsTensor(values.flatMap(\.self), shape: [layers.count, width])
    }
    var tensors = RefusalDirections.Source.allCases.map { source in
      (source.rawValue, rows(layers.map { $0.directions[source].unit }))
    }
    tensors.append(
      (
        "random",
        rows(
          layers.indices.map {
            RefusalDirections.random(
              0, layer: $0, of: layers.count, dimension: width, seed: options.seed)
          })
      ))
    tensors.append(
      (
        "medianNorm",
        SafetensorsTensor(layers.map { Float($0.directions.norm) }, shape: [layers.count])
      ))
    tensors.append(
      (
        "cosine",
        SafetensorsTensor(
          layers.flatMap { $0.directions.directions.map { Float($0.cosine) } },
          shape: [layers.count, RefusalDirections.Source.allCases.count])
      ))
    try SafetensorsWriter.write(
      tensors.map { (name: $0.0, tensor: $0.1) },
      metadata: [
        "hooks": layers.map(\.activations.hook).joined(separator: ","),
        "seed": String(options.seed),
      ], to: url)
  }
}
