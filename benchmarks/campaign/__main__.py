from benchmarks.campaign.command import main

main()
