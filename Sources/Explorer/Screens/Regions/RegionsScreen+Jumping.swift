extension RegionsScreen {
  /// Moving on, which is no leap.
  private static let steps: Set<Command> = [
    .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .nextRegion,
    .previousRegion,
  ]

  /// Notes the region that an action led to, once a field that moves the cursor about is left.
  mutating func noteJump(by command: Command?, _ action: Action, in session: inout Session) {
    guard session.screen == .regions, session.overlay == nil, mode == .browsing,
      let region = selected
    else { return }
    let isStep: Bool
    switch action {
    case .mouse, .tick, .resize: isStep = true
    default: isStep = command.map(Self.steps.contains) ?? false
    }
    jumps.arrive(at: region, isLeap: !isStep)
  }

  mutating func jumpBack(in session: inout Session) {
    guard let region = jumps.goBack() else {
      return session.say(.note, "nowhere to go back to: nothing was leapt from")
    }
    show(region: region, in: &session)
  }

  mutating func jumpForward(in session: inout Session) {
    guard let region = jumps.goForward() else {
      return session.say(.note, "nowhere to go forward to")
    }
    show(region: region, in: &session)
  }

  private mutating func show(region: Int, in session: inout Session) {
    jump(to: String(region), in: &session)
  }
}
