import Numerics

/// What steering by several strengths comes to, by α: what is counted in answers where something is, and else refusals.
package enum SteeringPlot {
  /// Of the prompts that steering aims at, of both kinds where one α aims at refusals and another at compliance; where α is 0
  /// nothing is edited, which is a point of every line.
  ///
  /// - Parameter results: of one series, the same but for α.
  /// - Returns: `nil` where there are no such prompts.
  package static func plot(_ results: [AblationResult]) -> SVGPlot? {
    guard let first = results.first else { return nil }
    let roles = AblationPrompt.Role.allCases.filter { role in
      results.contains { $0.aimedAt == role }
    }
    let curves = roles.flatMap { role in
      first.conditions.filter { $0 != .baseline }.compactMap { condition -> SVGPlot.Curve? in
        let points = points(results, condition, role)
        let name = first.name(condition) + (roles.count > 1 ? ", \(role.rawValue)" : "")
        return points.isEmpty ? nil : SVGPlot.Curve(name, points)
      }
    }
    guard !curves.isEmpty else { return nil }
    let prompts = roles.map { role in
      "\(first.prompts.count { $0.role == role }) \(role.rawValue) prompts"
    }.joined(separator: " and ")
    let directions = first.target.directions
    let along =
      directions?.words ?? "region \(first.target.regions.map(String.init).joined(separator: ", "))"
    return SVGPlot(
      title: "Steering along \(along)",
      caption:
        "\(first.provenance.dictionary), edited at \(first.actionHook), \(prompts), \(first.setup.depth.rawValue); shaded: 95 %",
      content: .curves(
        curves, xAxis: directions == nil ? "α" : "α, median norms", yAxis: axis(first)))
  }

  private static func points(
    _ results: [AblationResult], _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> [SVGPlot.Curve.Point] {
    var points = results.compactMap { result -> SVGPlot.Curve.Point? in
      guard case .steer(let alpha) = result.setup.intervention else { return nil }
      return point(result, condition, role, at: Double(alpha))
    }
    if !points.isEmpty, !points.contains(where: { $0.x == 0 }), let first = results.first,
      let unedited = point(first, .baseline, role, at: 0)
    {
      points.append(unedited)
    }
    return points.sorted { $0.x < $1.x }
  }

  private static func point(
    _ result: AblationResult, _ condition: AblationCondition, _ role: AblationPrompt.Role,
    at alpha: Double
  ) -> SVGPlot.Curve.Point? {
    if let share = result.letterShare(condition, role) {
      return .init(x: alpha, y: share.mean, interval: share.interval)
    }
    let found =
      result.counting == nil
      ? result.refusing(condition, role) : result.counted(condition, role)
    guard let found, let rate = found.rate else { return nil }
    // What is predicted is no sample.
    return .init(
      x: alpha, y: rate, interval: result.setup.depth == .geometry ? nil : found.wilson())
  }

  private static func axis(_ result: AblationResult) -> String {
    switch (result.counting, result.setup.depth) {
    case (.script(let script)?, _): "share of letters that are \(script), mean over answers"
    case (let concept?, _): "share of answers \(concept.title(at: result.hook))"
    case (nil, .geometry): "share predicted to refuse"
    case (nil, .resume): "share whose first token refuses"
    case (nil, .generate): "share refused"
    }
  }
}
