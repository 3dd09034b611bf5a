/// How customers use the bank's app: when they open its home page, which tiles they see and click, and what they apply for.
///
/// Shares are fractions between 0 and 1. **What is assumed**, in words:
/// - *Customers* are those of the web: one or two browsers each. The bank learns whose a browser is by a log-in or by a link that it sent,
///   and of some never. Age band, segment, products held, balance
///   and so on are drawn apart from the needs; region, tenure and salary say nothing.
/// - *Opens.* A customer opens the app now and then (Poisson, times an activity of one's own, which the log-ins of 30 days show), and, with
///   ``followShare``, once more some hours or days after a web session. Each open is one home page.
/// - *The logging policy* knows popularity and, half as strongly as they pull, age and products held; it knows no balance and no web. It
///   weighs each tile that exists and that the customer's segment can get by exp(``policySharpness`` × score) and draws the order one tile
///   after the other in proportion to what is left (Plackett and Luce). In ``explorationShare`` of the home pages the order is even. So tile
///   i stands first with probability (1 − e) w(i) / Σ w + e / n over all n tiles that could be had; that is what is logged.
/// - *The click.* With ``interest`` somebody looks for a tile, and wishes one of those shown in proportion to exp(utility). It is clicked if
///   it is examined where it stands: 1 / position^``examinationExponent``. Nobody clicks twice.
/// - *Utility* is popularity, plus ``featureStrength`` × what age, balance and products held add, plus, if a web session ended before,
///   ``intentStrength`` × the affinity of its hidden need to the tile, halved with every ``intentHalfLifeDays`` since. So the pull of the
///   need fades and leaves the stable preferences. Only the latest session counts, whether it is linked or not, idle or not.
/// - *Applications* are those that follow the web sessions (``ConversionTable``: days after the session's end, at any hour), and some at a
///   constant rate by features, balance and products held. Clicks on tiles change nothing.
/// - *Decisions*, one a customer: with ``decisionFollowShare`` within ``decisionFollowDays`` after the first web session, else at any time.
///
/// The truth of an impression holds two probabilities that would hold if all positions were examined alike and a tile were clicked: given
/// the need, and given what can be known of it by reading the linked sessions (`reference_probability`: the simulator's own posterior of
/// the latest session of a browser that is linked by then, filtered through the earlier ones; no linked session counts as no session).
/// The truth of a decision is given need and kind of the sessions so far; sessions that may still come are averaged over.
public struct AppAssumptions: Codable, Sendable, Equatable {
    /// Days after the last day of arrivals in which the app is still looked at.
    public var tailDays: Int = 14
    /// Mean number of opens in the whole period that have nothing to do with a web session, for a customer of usual activity.
    public var meanOpens: Double = 3
    /// Probability that an open follows a web session.
    public var followShare: Double = 0.6
    /// Mean delay of such an open after the end of the session, in days (exponential).
    public var followDelayDays: Double = 1.5

    /// Tiles on the home page.
    public var tilesShown: Int = 6
    /// Position p is examined with probability 1 / p to this power: 0 for no effect of the position.
    public var examinationExponent: Double = 0.45
    /// Probability that somebody who opens the home page looks for a tile to click at all.
    public var interest: Double = 0.98
    /// How strongly the need of the latest web session pulls, right after it: added to the utility of a tile of full affinity.
    public var intentStrength: Double = 4
    /// Days after which this pull is half as strong.
    public var intentHalfLifeDays: Double = 14
    /// How strongly features of the customer pull, in clicks and in applications: a factor of the tables in ``HomeTile`` and ``ProductPull``.
    public var featureStrength: Double = 1
    /// How sharply the logging policy prefers what it takes for better: a factor of its scores. 0 is an even draw.
    public var policySharpness: Double = 1
    /// Share of home pages whose tiles stand in an even random order.
    public var explorationShare: Double = 0.1
    /// Share of the period after which the new tiles exist.
    public var newTilesFrom: Double = 0.7
    /// Share of a customer's web sessions that begin with a link the bank sent, in the app or by mail, which tells whose browser it is. Such
    /// sessions stand in `app/links.csv` beside those with a log-in, and not in the clicks.
    public var sentLinkShare: Double = 0.6
    /// Of the web sessions in which a customer logs in, the share whose customer id reaches the export: less than 1 for sparser links.
    /// Everything else stays as it is, click for click. Log-ins alone are rare: one customer in six.
    public var linkShare: Double = 1

    /// Share of the decisions that follow the first web session of the customer; the others fall on any moment of the period.
    public var decisionFollowShare: Double = 0.5
    /// Longest time between that session and the decision, in days.
    public var decisionFollowDays: Double = 10
    /// Mean number of applications in 30 days that follow no web session, for a customer of whom no feature pulls.
    public var baseApplications: Double = 0.06
    /// Futures drawn for each decision to average over the sessions that may still come. Few of them make the true probabilities noisy: their
    /// own log loss is some 0.01 too high with 128 (1.152 where 1,024 futures give 1.143), and simulating takes twice as long as with one.
    public var futures: Int = 128

    /// The defaults: about two home pages in three get a click.
    public init() {}

    /// Fields and their values where a fraction is wanted.
    var shares: [(field: String, value: Double)] {
        [
            ("app.followShare", followShare), ("app.interest", interest), ("app.explorationShare", explorationShare),
            ("app.newTilesFrom", newTilesFrom), ("app.linkShare", linkShare), ("app.sentLinkShare", sentLinkShare),
            ("app.decisionFollowShare", decisionFollowShare),
            ("app.baseApplications", baseApplications),
        ]
    }

    /// Other numbers, with their limits.
    var limits: [(field: String, value: Double, range: ClosedRange<Double>)] {
        [
            ("app.tailDays", Double(tailDays), 1...3650), ("app.meanOpens", meanOpens, 0...100),
            ("app.followDelayDays", followDelayDays, 0.01...365), ("app.tilesShown", Double(tilesShown), 1...Double(TileCatalogue.fewest)),
            ("app.examinationExponent", examinationExponent, 0...5), ("app.intentStrength", intentStrength, 0...10),
            ("app.intentHalfLifeDays", intentHalfLifeDays, 0.1...3650), ("app.featureStrength", featureStrength, 0...5),
            ("app.policySharpness", policySharpness, 0...5), ("app.decisionFollowDays", decisionFollowDays, 0.01...365),
            ("app.futures", Double(futures), 1...100_000),
        ]
    }
}
