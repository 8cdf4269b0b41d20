import Regions
import Storage

/// One region with its contexts, under the keys by which it is printed.
package struct RegionRecord: Encodable, Sendable {
  struct Context: Encodable {
    var distance: Double
    var position: Int
    var text: String?
    /// UTF-8 offsets in the text.
    @IfAny var token: [Int]?
    @IfAny var row: Int?
    @IfAny var fields: OrderedFields<Value>?

    init(_ context: ContextText) {
      (distance, position, text) = (context.distance, context.position, context.text)
      token = context.token.map { [$0.lowerBound, $0.upperBound] }
      row = context.row
      fields = context.row.map { _ in
        OrderedFields(context.fields.map { ($0.name, Value($0.value, isText: $0.isText)) })
      }
    }
  }

  /// What a table says of a row: a number where the table has one.
  enum Value: Encodable {
    case text(String)
    case number(Double?)

    init(_ value: String, isText: Bool) {
      self = isText ? .text(value) : .number(Double(value))
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      }
    }
  }

  struct Count: Encodable {
    var value: Value
    var members: Int
  }

  /// Values listed of a field of the rows.
  private static let mostValues = 10

  var id: Int
  var members: Int
  var coherence: Double
  var meanDistance: Double
  var sumDistance: Double
  var sumSquaredDistance: Double
  var batches: [Int]
  var label: String?
  var stars: Int
  var closest: [Context]
  var farthest: [Context]
  var labelOrigin: String?
  var tags: [String]
  var note: String?
  /// By field, the most frequent values with their members.
  @IfAny var rows: OrderedFields<[Count]>?
  @IfAny var nearest: Int?
  @IfAny var nearestOf: Int?
  @IfAny var nearestOfOwnRows: Bool?
  @IfAny var template: Double??
  @IfAny var prompts: Int?
  @Inline var outcomes: OutcomeCountsRecord?

  /// - Parameters:
  ///   - facts: of the dictionary that `detail` is of.
  ///   - nearest: `nil` without a store.
  ///   - template: `nil` where it was not asked for.
  ///   - answers: how its prompts were answered; `nil` without a store.
  package init(
    _ detail: RegionDetail, _ facts: RegionFacts, nearest: NearestCounts? = nil,
    template: TemplateShares? = nil, answers: RefusalCount? = nil
  ) {
    let region = detail.id
    let entry = facts.labels.entries[region]
    (id, members, coherence) = (region, detail.memberCount, detail.coherence)
    (meanDistance, sumDistance) = (detail.meanDistance, detail.sumDistance)
    (sumSquaredDistance, batches) = (detail.sumSquaredDistance, detail.batches)
    (label, labelOrigin) = (entry?.text, entry?.origin.rawValue)
    stars = facts.stars.contains(region) ? 1 : 0
    (closest, farthest) = (detail.closest.map(Context.init), detail.farthest.map(Context.init))
    (tags, note) = (facts.tags[region] ?? [], facts.notes[region])
    let fields = facts.table.rowFields
    if !fields.isEmpty {
      rows = OrderedFields(
        fields.names.map { field in
          let counts = fields.counts(of: field.name, region).prefix(Self.mostValues)
          return (
            field.name,
            counts.map {
              Count(value: Value($0.value, isText: field.isText), members: $0.members)
            }
          )
        })
    }
    if let nearest {
      (self.nearest, nearestOf) = (nearest.counts[region], nearest.rows)
      nearestOfOwnRows = nearest.isOfOwnRows
    }
    self.template = template.map { $0.shares[region] }
    prompts = answers?.prompts
    outcomes = (answers?.outcomes).map { OutcomeCountsRecord($0) }
  }
}
