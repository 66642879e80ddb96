"""No caller and no telephone gets to where campaigns call out."""

from tests.unit.test_lint import SOUND, faults


def test_nothing_leads_from_elsewhere_to_where_campaigns_call() -> None:
    dials = "\n[campaign-dial]\ninclude => every-call\nexten => x,1,Goto(campaign-sent,x,1)\n"
    dials += "[campaign-sent]\ninclude => every-call\nexten => x,1,Hangup()\n"
    assert faults(SOUND + dials) == [], "ccore alone has Asterisk begin there"
    for way in ("Goto(campaign-dial,x,1)", "Gosub(campaign-sent,x,1)", "Dial(Local/x@campaign-dial/n)"):
        assert "DP506" in {code for code, _ in faults(SOUND.replace("Answer()", way) + dials)}, way
    include = SOUND.replace("include => every-call", "include => every-call\ninclude => campaign-sent", 1) + dials
    assert "DP506" in {code for code, _ in faults(include)}
