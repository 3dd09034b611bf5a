/// The 35 hidden needs, in the order of their indices.
///
/// Needs of one section share its pages on purpose: what tells them apart is the order of the steps, whether products are compared
/// back and forth, listed or returned to, where people hesitate, and what they type. Page counts see some of it, the last page little.
public enum NeedCatalogue {
    /// Every need; a need's index in this array is used everywhere.
    public static let all: [HiddenNeed] = cardsAndAccounts + savingsAndInvestments + borrowing + businessAndService
}

/// What people do in a section that sells something. Needs of such a section do the same four things; the order is theirs.
enum Activity {
    static let look = "hub 3, guide 1, product 1"
    static let weigh = "product 5, compare 3, rates 1"
    static let count = "calculator 3, rates 2"
    static let decide = "eligibility 2, faq 2, apply 2, documents 1"
}

extension NeedCatalogue {
    static let cardsAndAccounts: [HiddenNeed] = [
        HiddenNeed(
            "card-compare", "Compare credit cards", "Weighs two or more credit cards against each other, without asking for one.",
            family: "cards", .cards, weight: 5, pace: [.compare: .long, .product: .usual, .eligibility: .glance],
            queries: ["which credit card is best", "compare card rewards", "cashback or travel card"],
            PlanStep(Activity.look), PlanStep(Activity.weigh, .pingPong, stay: 0.55),
            PlanStep(Activity.count), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "card-preapproval", "Credit card pre-approval", "Wants to know whether the bank would grant a card before applying.",
            family: "cards", .cards, weight: 4, pace: [.eligibility: .hesitant, .product: .brisk, .faq: .long],
            queries: ["am i eligible for a card", "card pre approval", "check without credit search"],
            PlanStep(Activity.weigh, .focus), PlanStep(Activity.decide, stay: 0.45, back: 0.15),
            PlanStep(Activity.count), PlanStep(Activity.look, leave: 0.22)),
        HiddenNeed(
            "card-apply", "Apply for a credit card", "Has chosen a card and goes through the application.",
            family: "cards", .cards, weight: 3, pace: [.apply: .long, .product: .glance, .eligibility: .brisk],
            queries: ["apply for credit card", "card application documents"],
            PlanStep(Activity.look), PlanStep(Activity.count),
            PlanStep(Activity.decide, stay: 0.5), PlanStep(Activity.weigh, .focus, leave: 0.22)),
        HiddenNeed(
            "card-balance-transfer", "Move a card balance", "Wants to move card debt to a cheaper card.",
            family: "cards", .cards, weight: 2.5, pace: [.calculator: .hesitant, .rates: .long],
            queries: ["balance transfer", "zero percent card", "move card debt"],
            PlanStep(Activity.count + ", loans.calculator 1", stay: 0.45), PlanStep(Activity.weigh, .scan, stay: 0.5),
            PlanStep(Activity.look), PlanStep(Activity.decide, back: 0.15, leave: 0.22)),
        HiddenNeed(
            "lost-card", "Lost or stolen card", "A card is lost or stolen and must be blocked or replaced.",
            family: "security", .security, weight: 1.2, .anyTime,
            pace: [.article: .glance, .hub: .glance, .form: .usual, .contact: .brisk],
            queries: ["lost card", "block my card", "card stolen"],
            PlanStep("hub 2, support.hub 2, login.form 2", leave: 0.02), PlanStep("article 4, support.article 2, cards.faq 1", .known),
            PlanStep("form 3, contact 2, support.contact 2", .known, leave: 0.3)),
        HiddenNeed(
            "open-account", "Open a current account", "Wants a first or further current account.",
            family: "everyday", .accounts, weight: 4, pace: [.apply: .long, .product: .usual],
            queries: ["open an account", "new bank account online", "documents to open account"],
            PlanStep(Activity.look), PlanStep(Activity.weigh, .scan, stay: 0.5),
            PlanStep(Activity.decide, stay: 0.45), PlanStep(Activity.count, leave: 0.22)),
        HiddenNeed(
            "switch-account", "Switch from another bank", "Wants to move an account from another bank.",
            family: "everyday", .accounts, weight: 2.5, pace: [.guide: .long, .faq: .long, .product: .brisk],
            queries: ["switch bank account", "move direct debits", "switching offer"],
            PlanStep(Activity.decide), PlanStep(Activity.look, stay: 0.4),
            PlanStep(Activity.weigh, .pingPong, stay: 0.5), PlanStep(Activity.count, leave: 0.22)),
        HiddenNeed(
            "overdraft-help", "Overdraft and money worries", "Looks for an overdraft or for help with being in debt on the account.",
            family: "everyday", .accounts, weight: 1.5, .anyTime, pace: [.guide: .hesitant, .rates: .long, .calculator: .hesitant],
            queries: ["overdraft limit", "overdraft charges", "help i am in overdraft"],
            PlanStep(Activity.count, stay: 0.45, back: 0.15), PlanStep(Activity.look + ", login.form 1"),
            PlanStep(Activity.decide + ", support.contact 1"), PlanStep(Activity.weigh, .focus, leave: 0.22)),
        HiddenNeed(
            "student-account", "Student banking", "A student, or a parent, looks for a student account.",
            family: "everyday", .student, weight: 1.5, pace: [.guide: .long, .eligibility: .long],
            queries: ["student account", "student overdraft", "account for university"],
            PlanStep("hub 3, guide 1, accounts.hub 1"), PlanStep("product 4, compare 1, accounts.compare 1", .scan, stay: 0.45),
            PlanStep("eligibility 2, faq 1, documents 1"), PlanStep("apply 3, accounts.product 1", .scan, leave: 0.25)),
        HiddenNeed(
            "login-problem", "Cannot log in", "Cannot get into online banking or the app.",
            family: "service", .support, weight: 3, .anyTime, pace: [.form: .brisk, .article: .brisk, .faq: .brisk],
            queries: ["forgot password", "cannot log in", "reset pin app"],
            PlanStep("login.form 6, home.hub 1", stay: 0.5, leave: 0.06), PlanStep("article 2, faq 2, hub 1"),
            PlanStep("login.form 4, form 1", back: 0.3, leave: 0.25)),
    ]

    static let savingsAndInvestments: [HiddenNeed] = [
        HiddenNeed(
            "compare-term-deposits", "Compare term deposits", "Compares terms and rates of deposits.",
            family: "saving", .deposits, weight: 4, pace: [.rates: .long, .compare: .long, .calculator: .usual],
            queries: ["best term deposit rate", "12 or 24 months deposit", "compare deposit rates"],
            PlanStep(Activity.look), PlanStep(Activity.weigh, .pingPong, stay: 0.55),
            PlanStep(Activity.count + ", savings.rates 1"), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "deposit-maturity", "Deposit about to mature", "Holds a term deposit that ends and decides what to do with it.",
            family: "saving", .deposits, weight: 1.2, pace: [.calculator: .hesitant, .product: .brisk, .guide: .long],
            queries: ["deposit maturity", "renew my deposit", "withdraw term deposit early"],
            PlanStep(Activity.count + ", login.form 1", stay: 0.4), PlanStep(Activity.look),
            PlanStep(Activity.weigh + ", savings.rates 1", .focus, stay: 0.5), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "open-savings", "Open a savings account", "Wants to start saving at once, without a term.",
            family: "saving", .savings, weight: 4, pace: [.apply: .long, .product: .usual, .guide: .brisk],
            queries: ["open savings account", "instant access savings", "save every month"],
            PlanStep("hub 3, rates 1, guide 1"), PlanStep("product 5, compare 2", .scan, stay: 0.45),
            PlanStep("calculator 1, rates 1, faq 1"),
            PlanStep("apply 3, documents 1, product 1", .scan, leave: 0.25)),
        HiddenNeed(
            "start-investing", "Start investing", "Has not invested before and learns how.",
            family: "wealth", .investments, weight: 2.5, pace: [.guide: .hesitant, .product: .brisk, .faq: .long],
            queries: ["how to start investing", "is investing safe", "small amounts investing"],
            PlanStep(Activity.look, stay: 0.5), PlanStep(Activity.decide),
            PlanStep(Activity.weigh, .scan), PlanStep(Activity.count + ", savings.rates 1", leave: 0.22)),
        HiddenNeed(
            "fund-research", "Research funds", "Knows investing and studies particular funds.",
            family: "wealth", .investments, weight: 1.8, pace: [.documents: .hesitant, .product: .long, .guide: .glance],
            queries: ["fund factsheet", "index fund charges", "bond fund yield"],
            PlanStep(Activity.weigh, .pingPong, stay: 0.55), PlanStep(Activity.count),
            PlanStep(Activity.decide + ", login.form 1", stay: 0.4), PlanStep(Activity.look, leave: 0.22)),
        HiddenNeed(
            "pension-transfer", "Transfer a pension", "Wants to bring pensions from elsewhere together.",
            family: "wealth", .pensions, weight: 0.8, .office, pace: [.guide: .hesitant, .documents: .long],
            queries: ["transfer pension", "combine pensions", "old employer pension"],
            PlanStep("hub 2, guide 2"), PlanStep("guide 2, faq 2, documents 1", stay: 0.45),
            PlanStep("calculator 2, rates 2, product 2", .focus),
            PlanStep("apply 2, support.contact 1, locator.article 1", leave: 0.3)),
    ]
}
