"""How many tokens of a real provider one run of the server may use. Knows numbers only.

A guard against a loop that was left running, not an account: a provider's own bill counts other things too.
"""

from labserver.errors import BudgetSpent


class Budget:
    """`most` tokens until the server ends; 0 is no bound. The answer that reaches it is still told to its end."""

    def __init__(self, most: int = 0) -> None:
        self.most = most
        self.spent = 0

    def check(self) -> None:
        """Raises BudgetSpent."""
        if self.most and self.spent >= self.most:
            raise BudgetSpent(
                f"This server may use {self.most} tokens of its real provider in one run, and they are spent. The "
                "models tea-small and script still answer; the operator can start it again, with more by "
                "--provider-budget-tokens.",
                details={"budget": self.most, "spent": self.spent},
            )

    def spend(self, tokens: int) -> None:
        self.spent += tokens
