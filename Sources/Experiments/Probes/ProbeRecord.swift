import Numerics

/// What ``ProbeComparison`` found, under the keys by which it is printed and kept.
package struct ProbeRecord: Encodable, Sendable {
  package struct Score: Encodable, Sendable {
    var accuracy: Double
    var accuracy95: ConfidenceInterval?
    var auroc: Double?

    init(_ score: ProbeComparison.Score) {
      (accuracy, accuracy95, auroc) = (score.accuracy, score.accuracyInterval, score.auroc)
    }
  }

  package struct Class: Encodable, Sendable {
    var name: String
    var n: Int
  }

  /// So many, or all.
  package enum Features: Encodable, Sendable {
    case count(Int)
    case all

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .count(let count): try container.encode(count)
      case .all: try container.encode("all")
      }
    }
  }

  package struct Sparse: Encodable, Sendable {
    var features: Features
    var readout: Double
    var raw: Double
    var retained: Double
    var n: Int
    var readout95: ConfidenceInterval?
    var raw95: ConfidenceInterval?
    var retained95: ConfidenceInterval?
  }

  package struct Null: Encodable, Sendable {
    var rounds: Int
    var mean: Double?
    var p95: Double?
    var p: Double?
  }

  /// What was asked: of which dictionary, what from, and by which readout.
  package struct Question: Sendable {
    package var dictionary: String
    package var identity: String
    package var target: String
    package var pool: DocumentPooling
    /// Which of the activations no row is made of.
    package var leftOut: String
    package var groupBy: String
    /// What is to be known of the numbers.
    package var note: String

    package init(
      dictionary: String, identity: String, target: String, pool: DocumentPooling, leftOut: String,
      groupBy: String, note: String
    ) {
      (self.dictionary, self.identity, self.target) = (dictionary, identity, target)
      (self.pool, self.leftOut, self.groupBy, self.note) = (pool, leftOut, groupBy, note)
    }
  }

  var dictionary: String
  var identity: String
  var target: String
  var pool: DocumentPooling
  var leftOut: String
  var rows: Int
  var groups: Int
  var groupBy: String
  var folds: Int
  var classes: [Class]
  var readoutName: String
  var basis: String
  var k: Int
  var readout: Score
  var raw: Score
  var majority: Double
  var retained: Double
  var retained95: ConfidenceInterval?
  var retainedAUROC: Double?
  var sparse: [Sparse]
  var note: String
  var null: Null
  var converged: Bool
  var seed: UInt64
  var seconds: Double

  package init(
    _ result: ProbeComparison, of question: Question, _ options: ProbeComparison.Options,
    seconds: Double
  ) {
    (dictionary, identity) = (question.dictionary, question.identity)
    (target, pool, leftOut) = (question.target, question.pool, question.leftOut)
    (rows, groups, groupBy) = (result.rowCount, result.groupCount, question.groupBy)
    folds = result.foldCount
    classes = zip(result.classNames, result.classCounts).map { Class(name: $0, n: $1) }
    (readoutName, basis, k) = (options.readout.rawValue, options.basis.rawValue, options.k)
    (readout, raw) = (Score(result.readout), Score(result.raw))
    (majority, retained) = (result.majority, result.retained)
    (retained95, retainedAUROC) = (result.retainedInterval, result.retainedAUROC)
    sparse = result.sparse.map { part in
      Sparse(
        features: part.k.map(Features.count) ?? .all, readout: part.readout, raw: part.raw,
        retained: part.retained, n: part.tested, readout95: part.readoutInterval,
        raw95: part.rawInterval, retained95: part.retainedInterval)
    }
    note = question.note
    null = Null(
      rounds: options.nullRounds, mean: result.nullMean, p95: result.null95, p: result.p)
    (converged, seed, self.seconds) = (result.hasConverged, options.seed, seconds)
  }
}
