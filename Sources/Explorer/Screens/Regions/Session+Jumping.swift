extension Session {
  /// Moving on, which is no leap.
  private static let steps: Set<Command> = [
    .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .nextRegion,
    .previousRegion,
  ]

  /// Notes the region that an action led to, once a field that moves the cursor about is left.
  mutating func noteJump(by command: Command?, _ action: Action) {
    guard let regions, screen == .regions, overlay == nil, regions.mode == .browsing,
      let region = regions.selected
    else { return }
    let isStep: Bool
    switch action {
    case .mouse, .tick, .resize: isStep = true
    default: isStep = command.map(Self.steps.contains) ?? false
    }
    self.regions?.jumps.arrive(at: region, isLeap: !isStep)
  }

  mutating func jumpBack() {
    guard let region = regions?.jumps.goBack() else {
      return say(.note, "nowhere to go back to: nothing was leapt from")
    }
    show(region: region)
  }

  mutating func jumpForward() {
    guard let region = regions?.jumps.goForward() else {
      return say(.note, "nowhere to go forward to")
    }
    show(region: region)
  }

  private mutating func show(region: Int) {
    jump(to: String(region))
  }
}
