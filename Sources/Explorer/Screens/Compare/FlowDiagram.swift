import Experiments

/// A region's neighbourhood in the flow of members, laid out as two stacks of nodes with ribbons between them: A on the left,
/// B on the right.
///
/// On the far side stand the regions that the region's members are in; on its own side, under it, what else those have
/// members of. What is small is put together as others.
struct FlowDiagram: Equatable {
  struct Node: Equatable {
    /// `nil` for several put together.
    var region: Int?
    /// How many regions it stands for.
    var regions = 1
    /// Members in the ribbons that are shown.
    var count: Int
    /// From the top of the diagram.
    var rows: Range<Int> = 0..<0
    var isFocus = false
  }

  struct Ribbon: Equatable {
    /// Indices of the nodes.
    var left: Int
    var right: Int
    var count: Int
    /// Whether it is of the region's own members.
    var isFocus: Bool
  }

  private(set) var left: [Node]
  private(set) var right: [Node]
  private(set) var ribbons: [Ribbon]

  private static let mostParts = 6
  private static let mostOthers = 3

  /// - Parameter rows: the height there is; fewer nodes are named where it is small.
  init(_ flow: MemberFlow.Index, region: Int, on side: MemberFlow.Side, rows: Int) {
    let parts = flow.parts(of: region, on: side)
    let named = Array(parts.prefix(max(1, min(Self.mostParts, rows - 1))))
    let small = parts.dropFirst(named.count)
    var own = [Node(region: region, count: parts.reduce(0) { $0 + $1.count }, isFocus: true)]
    var far = named.map { Node(region: $0.region, count: 0) }
    if !small.isEmpty {
      far.append(
        Node(region: nil, regions: small.count, count: small.reduce(0) { $0 + $1.count }))
    }
    // (own, far, count)
    var links = named.enumerated().map { (0, $0.offset, $0.element.count) }
    if !small.isEmpty { links.append((0, named.count, small.reduce(0) { $0 + $1.count })) }
    let other: MemberFlow.Side = side == .a ? .b : .a
    var sums: [Int: [Int: Int]] = [:]
    for (index, part) in named.enumerated() {
      for source in flow.parts(of: part.region, on: other) where source.region != region {
        sums[source.region, default: [:]][index] = source.count
      }
    }
    let totals = sums.mapValues { $0.values.reduce(0, +) }
    let ordered = totals.keys.sorted { first, second in
      let (a, b) = (totals[first] ?? 0, totals[second] ?? 0)
      return a != b ? a > b : first < second
    }
    let most = ordered.count <= Self.mostOthers + 1 ? ordered.count : Self.mostOthers
    let shown = ordered.prefix(max(0, min(most, rows - 2)))
    for source in shown {
      own.append(Node(region: source, count: totals[source] ?? 0))
      for (index, count) in (sums[source] ?? [:]).sorted(by: { $0.key < $1.key }) {
        links.append((own.count - 1, index, count))
      }
    }
    let rest = ordered.dropFirst(shown.count)
    if !rest.isEmpty, rows > 1 {
      var counts: [Int: Int] = [:]
      for source in rest {
        for (index, count) in sums[source] ?? [:] { counts[index, default: 0] += count }
      }
      own.append(
        Node(region: nil, regions: rest.count, count: counts.values.reduce(0, +)))
      for (index, count) in counts.sorted(by: { $0.key < $1.key }) {
        links.append((own.count - 1, index, count))
      }
    }
    for link in links where link.1 < named.count { far[link.1].count += link.2 }
    Self.place(&own, rows)
    Self.place(&far, rows)
    (left, right) = side == .a ? (own, far) : (far, own)
    ribbons = links.map { own, far, count in
      Ribbon(
        left: side == .a ? own : far, right: side == .a ? far : own, count: count,
        isFocus: own == 0)
    }.sorted { ($0.left, $0.right) < ($1.left, $1.right) }
  }

  /// Gives every node a row or more, by its count, with gaps where there is room.
  private static func place(_ nodes: inout [Node], _ rows: Int) {
    guard !nodes.isEmpty, rows > 0 else { return }
    let gap = rows >= 2 * nodes.count + 2 ? 1 : 0
    let free = max(0, rows - nodes.count - gap * (nodes.count - 1))
    let total = Double(max(1, nodes.reduce(0) { $0 + $1.count }))
    var (row, before) = (0, 0.0)
    for index in nodes.indices {
      let share = Double(nodes[index].count) / total
      // Rounded on the running sum, so that nothing is lost.
      let height =
        1 + Int(((before + share) * Double(free)).rounded())
        - Int((before * Double(free)).rounded())
      before += share
      nodes[index].rows = min(row, rows - 1)..<min(row + height, rows)
      if nodes[index].rows.isEmpty { nodes[index].rows = rows - 1..<rows }
      row += height + gap
    }
  }

  /// The rows that the stacks take.
  var height: Int { max(left.last?.rows.upperBound ?? 0, right.last?.rows.upperBound ?? 0) }

  /// The ribbons as dots; other regions' are hatched, so that they are told apart without colour.
  ///
  /// - Returns: the dots, and the cells that a ribbon of the region itself goes through.
  func plane(columns: Int) -> (plane: BraillePlane, focus: Set<Int>) {
    var plane = BraillePlane(columns: columns, rows: height)
    var focus: Set<Int> = []
    var (usedLeft, usedRight) = ([Int: Double](), [Int: Double]())
    var spans: [(ribbon: Ribbon, left: (Double, Double), right: (Double, Double))] = []
    func span(_ node: Node, _ used: inout Double, _ count: Int) -> (Double, Double) {
      let dots = Double(node.rows.count * 4)
      let share = Double(count) / Double(max(1, node.count))
      defer { used += share * dots }
      let start = Double(node.rows.lowerBound * 4) + used
      return (start, start + share * dots)
    }
    for ribbon in ribbons {
      let left = span(left[ribbon.left], &usedLeft[ribbon.left, default: 0], ribbon.count)
      spans.append((ribbon, left, (0, 0)))
    }
    for index in spans.indices.sorted(by: {
      (spans[$0].ribbon.right, spans[$0].ribbon.left) < (
        spans[$1].ribbon.right, spans[$1].ribbon.left
      )
    }) {
      let ribbon = spans[index].ribbon
      spans[index].right = span(
        right[ribbon.right], &usedRight[ribbon.right, default: 0], ribbon.count)
    }
    // The region's own last, over the others.
    for (ribbon, from, to) in spans.sorted(by: { !$0.ribbon.isFocus && $1.ribbon.isFocus }) {
      for x in 0..<columns * 2 {
        let t = Double(x) / Double(max(1, columns * 2 - 1))
        let bend = t * t * (3 - 2 * t)
        let top = Int((from.0 + (to.0 - from.0) * bend).rounded())
        let bottom = max(top + 1, Int((from.1 + (to.1 - from.1) * bend).rounded()))
        for y in top..<bottom where ribbon.isFocus || (x + y).isMultiple(of: 3) {
          plane.set(x: x, y: y)
          if ribbon.isFocus, let cell = plane.cell(x: x, y: y) { focus.insert(cell) }
        }
      }
    }
    return (plane, focus)
  }
}
