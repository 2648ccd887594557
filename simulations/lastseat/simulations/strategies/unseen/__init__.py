"""What the scheduler cannot see: code that acts outside of its operations, so that "it holds" would say too much.

Some executions are run under a profile function. Read `holdings` (what values hold, to tell whether they changed),
`state` (who looks at the shared state), `outside` (calls that leave the program), `forgotten` (calls whose steps
nobody takes), `notes` (what was found, in words), `guard` (a program whose processes are watched between two steps),
and `look` (which executions, and the rule).
"""
